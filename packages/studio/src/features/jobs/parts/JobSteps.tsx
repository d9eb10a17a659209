import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSearchState } from '../../../app/search-state.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { StepsView, type StepsForm } from '../../../graph/StepsView.tsx'
import { Card } from '../../../ui/Card.tsx'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { Duration } from '../../../ui/Time.tsx'
import { runNameOfStep, stepsOf, type Job } from '../job.ts'
import { childRunsQuery } from '../run-history.ts'

/** The steps of a pipeline; form and selection are part of the URL. */
export function JobSteps({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const { data, error, refetch } = useQuery(childRunsQuery(workspace.id, job.name))
  const [search, setSearch] = useSearchState()
  const steps = useMemo(() => stepsOf(job, data?.value ?? []), [job, data])
  const form: StepsForm = search['form'] === 'gantt' || search['form'] === 'list' ? search['form'] : 'graph'
  const selected = steps.find((step) => step.id === search['step'])
  const runName = selected && runNameOfStep(selected.id, data?.value ?? [])
  return (
    <>
      {error && !data && <Failure error={error} onRetry={() => void refetch()} />}
      <StepsView
        steps={steps}
        form={form}
        onForm={(next) => setSearch({ form: next === 'graph' ? undefined : next })}
        selected={selected?.id}
        onSelect={(step) => setSearch({ step })}
      />
      {selected && (
        <Card title={selected.label}>
          <KeyValueList
            items={[
              { key: 'Status', value: <StatusDot status={selected.status} /> },
              { key: 'Duration', value: <Duration start={selected.startedAt} end={selected.endedAt} /> },
              {
                key: 'Job',
                value: runName ? (
                  <Link href={`${workspace.path}/jobs/${encodeURIComponent(runName)}`}>{runName}</Link>
                ) : (
                  'not started'
                ),
              },
            ]}
          />
        </Card>
      )}
    </>
  )
}
