import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSearchState } from '../../../app/search-state.ts'
import { useActions } from '../../../app/use-actions.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { parseWindow, printWindow } from '../../../graph/gantt-time.ts'
import { StepsView, stepsForms } from '../../../graph/StepsView.tsx'
import { Skeleton } from '../../../ui/Feedback.tsx'
import { useNavigation } from '../../../ui/navigation.tsx'
import { describeStatus } from '../../../ui/status.ts'
import type { Job } from '../job.ts'
import { stepActions, type StepsInView } from '../step-actions.ts'
import { jobGraphQuery, toSteps } from '../steps.ts'
import { StepPanel } from './StepPanel.tsx'

/** The steps of a pipeline; form, selection and zoom are part of the URL. */
export function JobSteps({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const { data, error, refetch } = useQuery(jobGraphQuery(job.id, describeStatus(job.properties.status).isLive))
  const [search, setSearch] = useSearchState()
  const { push } = useNavigation()
  const steps = useMemo(() => (data ? toSteps(data) : []), [data])
  const timeWindow = useMemo(() => parseWindow(search['zoom']), [search['zoom']])
  const selected = data?.nodes.find((node) => node.name === search['step'])
  const select = (step: string | undefined) => setSearch({ step })
  useStepKeys({
    steps,
    selected: selected?.name,
    select,
    fit: () => setSearch({ zoom: undefined }),
    open: () => selected && push(`${workspace.path}/jobs/${encodeURIComponent(selected.jobName)}`),
  })
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton height={540} />
  return (
    <StepsView
      steps={steps}
      form={stepsForms.find(({ id }) => id === search['form'])?.id ?? 'both'}
      onForm={(form) => setSearch({ form: form === 'both' ? undefined : form })}
      selected={selected?.name}
      onSelect={select}
      window={timeWindow}
      onWindow={(next) => setSearch({ zoom: printWindow(next) })}
      panel={selected && <StepPanel node={selected} workspacePath={workspace.path} />}
    />
  )
}

/** Registers the keys once; they act on what is in view at the moment they are pressed. */
function useStepKeys(view: StepsInView): void {
  const latest = useRef(view)
  useEffect(() => {
    latest.current = view
  })
  useActions(useMemo(() => stepActions(() => latest.current), []))
}
