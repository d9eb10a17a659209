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
import { jobGraphQuery, toSteps, type JobGraph, type JobNode, type JobStepGroup } from '../steps.ts'
import { StepGroupPanel } from './StepGroupPanel.tsx'
import { StepPanel } from './StepPanel.tsx'

/** The steps of a pipeline; form, selection and zoom are part of the URL. */
export function JobSteps({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const { data, error, refetch } = useQuery(jobGraphQuery(job.id, describeStatus(job.properties.status).isLive))
  const [search, setSearch] = useSearchState()
  const { push } = useNavigation()
  const steps = useMemo(() => (data ? toSteps(data) : []), [data])
  const timeWindow = useMemo(() => parseWindow(search['zoom']), [search['zoom']])
  const selected = data && stepInView(data, search['step'])
  const select = (step: string | undefined) => setSearch({ step })
  useStepKeys({
    steps,
    selected: selected?.id,
    select,
    fit: () => setSearch({ zoom: undefined }),
    open: () => selected?.node && push(`${workspace.path}/jobs/${encodeURIComponent(selected.node.jobName)}`),
  })
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton height={540} />
  return (
    <StepsView
      steps={steps}
      form={stepsForms.find(({ id }) => id === search['form'])?.id ?? 'both'}
      onForm={(form) => setSearch({ form: form === 'both' ? undefined : form })}
      selected={selected?.id}
      onSelect={select}
      window={timeWindow}
      onWindow={(next) => setSearch({ zoom: printWindow(next) })}
      panel={selected && <SelectedPanel {...selected} jobId={job.id} workspacePath={workspace.path} />}
    />
  )
}

interface SelectedStep {
  readonly id: string
  readonly node?: JobNode | undefined
  readonly group?: JobStepGroup | undefined
}

/** What the URL names: a step, or a group of them. */
function stepInView({ nodes, groups }: JobGraph, id: string | undefined): SelectedStep | undefined {
  const node = nodes.find(({ name }) => name === id)
  const group = groups?.find((entry) => entry.id === id)
  return id !== undefined && (node || group) ? { id, node, group } : undefined
}

function SelectedPanel({ node, group, jobId, workspacePath }: SelectedStep & { jobId: string; workspacePath: string }) {
  if (group) return <StepGroupPanel key={group.id} jobId={jobId} group={group} workspacePath={workspacePath} />
  return node && <StepPanel node={node} workspacePath={workspacePath} />
}

/** Registers the keys once; they act on what is in view at the moment they are pressed. */
function useStepKeys(view: StepsInView): void {
  const latest = useRef(view)
  useEffect(() => {
    latest.current = view
  })
  useActions(useMemo(() => stepActions(() => latest.current), []))
}
