import type { EnvironmentBuild } from '@fulcrum/contract'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Hammer, Package } from 'lucide-react'
import { api } from '../../../api.ts'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameWrite } from '../../../app/same-by.ts'
import { Button } from '../../../ui/Button.tsx'
import { Card } from '../../../ui/Card.tsx'
import { CopyableId } from '../../../ui/Code.tsx'
import { EmptyState, ErrorPanel } from '../../../ui/Feedback.tsx'
import { formatDuration } from '../../../ui/format.ts'
import { KeyValueList } from '../../../ui/Page.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { BuildLog } from './BuildLog.tsx'

const stateWords: Readonly<Record<string, string>> = { NotBuilt: 'NotRun', Building: 'Running' }

function buildQuery(versionId: string) {
  return queryOptions({
    queryKey: ['arm', versionId, 'build'],
    queryFn: ({ signal }) => api.get<EnvironmentBuild>(`${versionId}/build`, { signal }),
    refetchInterval: (query) => (query.state.data?.state === 'Building' ? 1500 : false),
  })
}

interface EnvironmentProps {
  readonly versionId: string
  readonly name: string
}

/** The newest build: its state, its log, and a way to build now. */
export function EnvironmentBuildView({ versionId, name }: EnvironmentProps) {
  const client = useQueryClient()
  const build = useQuery(buildQuery(versionId))
  const start = useMutation({
    mutationFn: () => api.post(`${versionId}/build`, { body: {} }),
    onSettled: () => client.invalidateQueries({ queryKey: ['arm', versionId] }),
  })
  return (
    <>
      {start.error && <ErrorPanel title="The build did not start" error={start.error} />}
      <Panel query={build} height={260}>
        {(data) => (
          <>
            {data.error && <ErrorPanel title="The build failed" error={{ message: data.error }} />}
            <Card
              title="Build"
              actions={
                <Button
                  icon={<Hammer />}
                  isBusy={start.isPending}
                  disabledReason={data.state === 'Building' ? 'It is being built now' : undefined}
                  onClick={() => start.mutate()}
                >
                  {data.state === 'NotBuilt' ? 'Build now' : 'Build again'}
                </Button>
              }
            >
              <KeyValueList
                items={[
                  { key: 'State', value: <StatusDot status={stateWords[data.state] ?? data.state} /> },
                  { key: 'Lock', value: data.lockHash ? <CopyableId id={data.lockHash} /> : undefined },
                  { key: 'Built with', value: data.tool ?? undefined },
                  {
                    key: 'Cache',
                    value:
                      data.cached === null ? undefined : data.cached ? 'found, nothing was installed' : 'not found, built anew',
                  },
                  { key: 'Took', value: data.seconds === null ? undefined : formatDuration(data.seconds * 1000) },
                ]}
              />
            </Card>
            <BuildLog versionId={versionId} build={data} name={name} />
          </>
        )}
      </Panel>
      <SameByCard {...sameWrite(undefined, 'POST', `${versionId}/build`, {})} />
    </>
  )
}

/** What is installed, as locked. */
export function EnvironmentPackages({ versionId }: { versionId: string }) {
  const build = useQuery(buildQuery(versionId))
  return (
    <Panel query={build} height={260}>
      {({ packages }) => (
        <Card title={`${packages.length} packages`} isFlush>
          {packages.length > 0 ? (
            <SimpleTable
              label="Packages"
              rows={packages}
              rowKey={(entry) => entry.name}
              columns={[
                { id: 'name', header: 'Package', cell: (entry) => <strong>{entry.name}</strong> },
                { id: 'version', header: 'Version', cell: (entry) => entry.version },
              ]}
            />
          ) : (
            <EmptyState icon={<Package />} title="No packages known yet">
              Packages are known once the environment is built, with their exact versions.
            </EmptyState>
          )}
        </Card>
      )}
    </Panel>
  )
}
