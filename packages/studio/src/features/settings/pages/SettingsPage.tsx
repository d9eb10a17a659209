import { useQuery } from '@tanstack/react-query'
import { Failure } from '../../../app/PageFailure.tsx'
import { resourceQuery } from '../../../app/queries.ts'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead } from '../../../app/same-by.ts'
import { DetailPage } from '../../../app/DetailPage.tsx'
import { useWorkspace, type WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { SourceView } from '../../../ui/Code.tsx'
import { Skeleton } from '../../../ui/Feedback.tsx'
import { Switch } from '../../../ui/Field.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { TabButtons } from '../../../ui/Tabs.tsx'
import { setAppearance, useAppearance } from '../../../ui/theme.ts'
import { Tokens } from '../parts/Tokens.tsx'

/** What is one's own (tokens, appearance), and the workspace as the API gives it. */
export function SettingsPage() {
  const workspace = useWorkspace()
  return (
    <DetailPage
      title="Settings"
      path={`${workspace.path}/settings`}
      tabs={[
        { id: 'tokens', label: 'Access tokens', render: () => <Tokens /> },
        { id: 'appearance', label: 'Appearance', render: () => <AppearanceSettings /> },
        { id: 'workspace', label: 'Workspace', render: () => <WorkspaceSettings workspace={workspace} /> },
      ]}
    />
  )
}

const themes = ['system', 'light', 'dark'] as const
const densities = ['comfortable', 'compact'] as const

function AppearanceSettings() {
  const { theme, isHighContrast, density, hasShortcuts } = useAppearance()
  return (
    <Card title="Appearance" note="Kept in this browser">
      <KeyValueList
        items={[
          {
            key: 'Theme',
            value: (
              <TabButtons
                label="Theme"
                active={theme}
                tabs={themes.map((id) => ({ id, label: id === 'system' ? 'As the system' : id }))}
                onChange={(id) => setAppearance({ theme: themes.find((known) => known === id) ?? 'system' })}
              />
            ),
          },
          {
            key: 'Density',
            value: (
              <TabButtons
                label="Density"
                active={density}
                tabs={densities.map((id) => ({ id, label: id }))}
                onChange={(id) => setAppearance({ density: densities.find((known) => known === id) ?? 'comfortable' })}
              />
            ),
          },
          {
            key: 'Contrast',
            value: (
              <Switch label="High contrast" isOn={isHighContrast} onChange={(isOn) => setAppearance({ isHighContrast: isOn })} />
            ),
          },
          {
            key: 'Keyboard',
            value: (
              <Switch
                label="Single-key shortcuts"
                isOn={hasShortcuts}
                onChange={(isOn) => setAppearance({ hasShortcuts: isOn })}
              />
            ),
          },
        ]}
      />
    </Card>
  )
}

function WorkspaceSettings({ workspace }: { workspace: WorkspaceInView }) {
  const { data, error, refetch } = useQuery(resourceQuery(workspace.id))
  const failure = error ?? workspace.error
  return (
    <>
      {data ? (
        <Card title={`Workspace ${workspace.name}`} note="As the API gives it">
          <SourceView value={data} label={`Workspace ${workspace.name}`} />
        </Card>
      ) : failure ? (
        <Failure error={failure} onRetry={() => void refetch()} />
      ) : (
        <Skeleton lines={8} />
      )}
      <SameByCard
        {...sameRead(`fulcrum workspace show ${workspace.name} --resource-group ${workspace.resourceGroup}`, workspace.id)}
      />
    </>
  )
}
