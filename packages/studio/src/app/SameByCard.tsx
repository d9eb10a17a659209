import { Card } from '../ui/Card.tsx'
import { SameBy, type SameByProps } from '../ui/Code.tsx'

/** What is on screen, from a terminal. */
export function SameByCard(props: SameByProps) {
  return (
    <Card title="The same without the studio">
      <SameBy {...props} />
    </Card>
  )
}
