import { Tabs } from '../../../ui/Tabs.tsx'

/** The two lists of endpoints: those that answer requests, and those that score files as jobs. */
export function EndpointKinds({ workspacePath, active }: { workspacePath: string; active: 'online' | 'batch' }) {
  return (
    <Tabs
      label="Kinds of endpoints"
      active={active}
      tabs={[
        { id: 'online', label: 'Online', href: `${workspacePath}/endpoints` },
        { id: 'batch', label: 'Batch', href: `${workspacePath}/batch-endpoints` },
      ]}
    />
  )
}
