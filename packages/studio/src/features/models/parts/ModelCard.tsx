import { FileText } from 'lucide-react'
import { Card, Stack } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { parseCard, type CardBlock } from '../model.ts'

/** The model card, drawn from its text; no markup of it reaches the page. */
export function ModelCard({ card }: { card: string | undefined }) {
  if (!card) {
    return (
      <Card>
        <EmptyState icon={<FileText />} title="No card yet">
          A card is drafted when a version is registered: origin, metrics, signature. Intended use and limits come from the
          description.
        </EmptyState>
      </Card>
    )
  }
  return (
    <Card>
      <Stack gap={3}>
        {parseCard(card).map((block, position) => (
          // A card is replaced as a whole: its blocks never change places.
          // oxlint-disable-next-line react/no-array-index-key
          <Block key={position} block={block} />
        ))}
      </Stack>
    </Card>
  )
}

function Block({ block }: { block: CardBlock }) {
  switch (block.kind) {
    case 'heading':
      return block.level <= 1 ? <h2>{block.text}</h2> : <h3>{block.text}</h3>
    case 'table':
      return <KeyValueList items={block.rows.map(([key, value], position) => ({ key: key || `#${position + 1}`, value }))} />
    case 'code':
      return <CodeBlock code={block.text} label="Code in the card" />
    default:
      return <p>{block.text}</p>
  }
}
