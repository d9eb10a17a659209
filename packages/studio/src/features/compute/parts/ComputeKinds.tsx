import { Tabs } from '../../../ui/Tabs.tsx'

/** The two pages of the section: what there is to run on, and what runs and waits there. */
export function ComputeKinds({ workspacePath, active }: { workspacePath: string; active: 'computes' | 'queue' }) {
  return (
    <Tabs
      label="Views of the compute"
      active={active}
      tabs={[
        { id: 'computes', label: 'Computes', href: `${workspacePath}/compute` },
        { id: 'queue', label: 'Queue', href: `${workspacePath}/compute/queue` },
      ]}
    />
  )
}
