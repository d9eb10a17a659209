import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { api } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameWrite } from '../../../app/same-by.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Select } from '../../../ui/Field.tsx'
import { formatDuration } from '../../../ui/format.ts'
import { createLogBuffer } from '../../../ui/log-buffer.ts'
import { LogViewer } from '../../../ui/LogViewer.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import type { Deployment } from '../endpoint.ts'
import { trafficLogsQuery } from '../queries.ts'

/** What the workers of a deployment wrote, and which requests were answered how. */
export function EndpointLogs({ endpointId, deployments }: { endpointId: string; deployments: readonly Deployment[] }) {
  const [search, setSearch] = useSearchState()
  const chosen = deployments.find(({ name }) => name === search['deployment']) ?? deployments[0]
  if (!chosen) {
    return (
      <Card>
        <EmptyState title="No deployment writes a log yet">Deploy a model first; its workers’ output appears here.</EmptyState>
      </Card>
    )
  }
  return (
    <>
      <Card
        title="Workers"
        isFlush
        actions={
          <Select
            look="s"
            aria-label="Deployment"
            value={chosen.name}
            options={deployments.map(({ name }) => ({ value: name, label: name }))}
            onChange={(event) => setSearch({ deployment: event.target.value })}
          />
        }
      >
        <WorkerLog key={chosen.id} deployment={chosen} />
      </Card>
      <Requests endpointId={endpointId} />
      <SameByCard {...sameWrite(undefined, 'POST', `${chosen.id}/getLogs`, { tail: 500 })} />
    </>
  )
}

function WorkerLog({ deployment }: { deployment: Deployment }) {
  const buffer = useMemo(() => createLogBuffer(), [])
  const { data, error } = useQuery({
    queryKey: ['arm', deployment.id, 'log'],
    queryFn: async ({ signal }) =>
      (await api.post<{ content: string }>(`${deployment.id}/getLogs`, { body: { tail: 500 }, signal })).content,
    refetchInterval: 3000,
  })
  useEffect(() => {
    if (data === undefined) return
    buffer.clear()
    buffer.append(data)
  }, [buffer, data])
  return (
    <>
      {error && <Failure error={error} />}
      <LogViewer
        buffer={buffer}
        label={`Log of ${deployment.name}`}
        isLive
        height={320}
        fileName={`${deployment.name}.txt`}
        waitingFor="The workers have written nothing yet."
      />
    </>
  )
}

function Requests({ endpointId }: { endpointId: string }) {
  const logs = useQuery(trafficLogsQuery(endpointId))
  return (
    <Card title="Requests" note="All failures, and a sample of the successes" isFlush>
      <Panel query={logs}>
        {(rows) =>
          rows.length > 0 ? (
            <SimpleTable
              label="Requests"
              rows={rows}
              rowKey={({ id }) => String(id)}
              columns={[
                { id: 'time', header: 'When', cell: (row) => <RelativeTime time={row.time} /> },
                {
                  id: 'deployment',
                  header: 'Deployment',
                  cell: (row) => `${row.deployment ?? '–'}${row.mirrored ? ' (mirrored)' : ''}`,
                },
                {
                  id: 'code',
                  header: 'Answer',
                  cell: (row) => (
                    <StatusDot
                      status={(row.responseCode ?? 500) < 400 ? 'Succeeded' : 'Failed'}
                      detail={String(row.responseCode ?? '')}
                    />
                  ),
                },
                {
                  id: 'took',
                  header: 'Took',
                  isNumeric: true,
                  cell: (row) => (row.totalMs === undefined ? '–' : formatDuration(row.totalMs)),
                },
                { id: 'reason', header: 'Reason', cell: (row) => row.reason ?? '–' },
                { id: 'request', header: 'Request id', cell: (row) => <code>{row.requestId ?? '–'}</code> },
              ]}
            />
          ) : (
            <EmptyState title="No request yet">Requests appear here seconds after they were answered.</EmptyState>
          )
        }
      </Panel>
    </Card>
  )
}
