import { useQuery } from '@tanstack/react-query'
import { api } from '../../../api.ts'
import { Panel } from '../../../app/Panel.tsx'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { Notice } from '../../../ui/Feedback.tsx'
import { formatBytes } from '../../../ui/format.ts'
import { KeyValueList } from '../../../ui/Page.tsx'

interface ComputeCapabilities {
  readonly name: string
  readonly runsJobs: boolean
  readonly reason?: string
  /** How jobs are isolated, as configured. */
  readonly isolation?: string
  readonly slots?: number
  readonly host: Readonly<Record<string, unknown>> | null
}

/** What the host behind a compute can isolate and limit, found out by doing. */
export function Capabilities({ computeId, name }: { computeId: string; name: string }) {
  const query = useQuery({
    queryKey: ['arm', computeId, 'capabilities'],
    queryFn: ({ signal }) => api.get<ComputeCapabilities>(`${computeId}/capabilities`, { signal }),
    staleTime: 300_000,
  })
  return (
    <Card title={`What “${name}” can do`} note="Probed on the host, not assumed">
      <Panel query={query}>
        {(data) => (
          <>
            {!data.runsJobs && <Notice tone="warn">{data.reason ?? 'Jobs do not run on this compute.'}</Notice>}
            <CardGrid minWidth={320}>
              <KeyValueList
                items={[
                  { key: 'Runs jobs', value: data.runsJobs ? 'yes' : 'no' },
                  { key: 'Job slots', value: data.slots },
                  { key: 'Isolation asked for', value: data.isolation },
                ]}
              />
              {data.host && <KeyValueList items={hostFacts(data.host)} />}
            </CardGrid>
          </>
        )}
      </Panel>
    </Card>
  )
}

/** The probe's findings as terms and values; nested ones are flattened. */
function hostFacts(host: Readonly<Record<string, unknown>>, prefix = ''): readonly { key: string; value: string }[] {
  return Object.entries(host).flatMap(([name, value]) => {
    const key = prefix ? `${prefix} · ${name}` : name
    if (value === null || value === undefined) return [{ key, value: 'no' }]
    if (Array.isArray(value)) return [{ key, value: value.length > 0 ? value.join('; ') : '–' }]
    if (typeof value === 'object') return hostFacts(value as Record<string, unknown>, key)
    if (/bytes$/i.test(name) && typeof value === 'number') return [{ key, value: formatBytes(value) }]
    return [{ key, value: value === true ? 'yes' : value === false ? 'no' : String(value) }]
  })
}
