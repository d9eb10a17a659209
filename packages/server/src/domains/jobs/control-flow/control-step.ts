import type { Level } from '../component-members.ts'
import type { Members, PlannedStep, PlanRequest } from '../plan-types.ts'
import type { ControlSpec, StepInput, StepOutput, StepSpec } from '../types.ts'
import { sourcesOf } from './settle-input.ts'

/** A control-flow node as a step: nothing to run, everything to decide by. */
export function controlStep(
  request: PlanRequest,
  level: Level,
  part: {
    readonly name: string
    readonly node: Members
    readonly control: ControlSpec
    readonly outputs: Readonly<Record<string, StepOutput>>
  },
): PlannedStep {
  const { name, node, control, outputs } = part
  return {
    name: `${level.prefix}${name}`,
    spec: {
      type: control.kind,
      command: '',
      environmentVariables: {},
      inputs: {},
      outputs,
      instanceCount: 1,
      processCount: 1,
      displayName: String(node['display_name'] ?? name),
      experimentName: request.properties.experimentName ?? 'Default',
      deterministic: false,
      mayReuse: false,
      parentJobName: request.jobName,
      control,
    },
  }
}

/** The steps that must end before a control-flow node can decide: those that it, or what it repeats, reads from outside. */
export function outerSources({ name, spec }: PlannedStep): string[] {
  const own = `${name}/*/`
  return [...new Set(inputsOf(spec).flatMap((input) => sourcesOf(input).map(({ step }) => step)))].filter(
    (step) => !step.startsWith(own),
  )
}

/** Every input of a step, those of the body of a loop included. */
function inputsOf(spec: StepSpec): StepInput[] {
  const own = Object.values(spec.inputs)
  const { control } = spec
  if (control === undefined) return own
  if (control.kind === 'if_else') return [...own, control.condition]
  const body = [...Object.values(control.body.inputs), ...control.body.steps.flatMap((step) => inputsOf(step.spec))]
  if (control.kind === 'do_while') return [...own, ...body]
  const items = 'list' in control.items ? control.items.list.flatMap((item) => Object.values(item)) : [control.items.value]
  return [...own, ...body, ...items]
}

/** A step with the steps in the body of its loop, at any depth. */
export function* stepsWithin(step: PlannedStep): Generator<PlannedStep> {
  yield step
  const { control } = step.spec
  if (control === undefined || control.kind === 'if_else') return
  for (const inner of control.body.steps) yield* stepsWithin(inner)
}

/** Applies a change to the own members of a step and of everything in the body of its loop. */
export async function changeSpecs(
  { name, spec }: PlannedStep,
  change: (own: StepSpec, name: string) => Promise<StepSpec>,
): Promise<StepSpec> {
  const { control } = spec
  if (control === undefined) return change(spec, name)
  if (control.kind === 'if_else') return spec
  const steps: PlannedStep[] = []
  for (const step of control.body.steps) steps.push({ name: step.name, spec: await changeSpecs(step, change) })
  return { ...spec, control: { ...control, body: { ...control.body, steps } } }
}

/** Everything that a step reads and that permissions guard, by the member that names it. */
export function referencesOf(spec: StepSpec): [string, string][] {
  const own = [['codeId', spec.codeId] as const, ['environmentId', spec.environmentId] as const]
  const data = Object.entries(spec.inputs).map(([name, input]) => [`inputs.${name}`, uriOf(input)] as const)
  // Of a loop: what it gives to its iterations.
  const given =
    spec.control === undefined ? [] : inputsOf({ ...spec, inputs: {} }).map((input) => ['items', uriOf(input)] as const)
  return [...own, ...data, ...given].flatMap(([member, uri]) => (uri === undefined ? [] : [[member, uri]]))
}

function uriOf(input: StepInput): string | undefined {
  return input.kind === 'data' ? input.uri : undefined
}
