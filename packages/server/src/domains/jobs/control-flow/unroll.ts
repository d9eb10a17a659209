import type { Edge } from '../graph.ts'
import { mapEntries } from '../data-types.ts'
import type { PlannedStep } from '../plan-types.ts'
import type { ControlSpec, DoWhile, LoopBody, LoopItem, LoopSpec, OutputReference, StepInput, StepSpec } from '../types.ts'

/** One iteration of a loop as steps and edges. Pure: the same iteration planned again has the same names. */

export interface Iteration {
  readonly steps: readonly PlannedStep[]
  readonly edges: readonly Edge[]
}

/** What turns the body of a loop into one iteration of it. */
interface Change {
  readonly rename: (step: string) => string
  readonly input: (input: StepInput) => StepInput
}

/**
 * @param loop name of the loop's own step
 * @param number from 0
 * @param item of a `parallel_for`: what this iteration is given
 */
export function unroll(loop: string, control: LoopSpec, number: number, item: LoopItem = {}): Iteration {
  const given = control.kind === 'do_while' ? carriedOver(loop, control, number) : item
  const change = changeOf(loop, number, { ...control.body.inputs, ...given })
  return {
    steps: control.body.steps.map((step) => changeStep(step, change)),
    edges: control.body.edges.map((edge) => changeEdge(edge, change)),
  }
}

/** Where an output of the body lies in one iteration. */
export function iterationOutput(loop: string, reference: OutputReference, number: number): OutputReference {
  return { ...reference, step: renameWith(loop, number)(reference.step) }
}

/** From the second iteration of a `do_while` on, mapped inputs are outputs of the one before. */
function carriedOver(loop: string, control: DoWhile, number: number): Record<string, StepInput> {
  if (number === 0) return {}
  return Object.fromEntries(
    control.mapping.flatMap(({ output, inputs }) => {
      const source: StepInput = {
        kind: 'stepOutput',
        ...iterationOutput(loop, output, number - 1),
        mode: 'ReadOnlyMount',
      }
      return inputs.map((name) => [name, source] as const)
    }),
  )
}

function renameWith(loop: string, number: number): (step: string) => string {
  const from = `${loop}/*/`
  return (step) => (step.startsWith(from) ? `${loop}/${number}/${step.slice(from.length)}` : step)
}

function changeOf(loop: string, number: number, values: Readonly<Record<string, StepInput>>): Change {
  const rename = renameWith(loop, number)
  const input = (value: StepInput): StepInput => {
    if (value.kind === 'stepOutput') return { ...value, step: rename(value.step) }
    if (value.kind === 'text') return { ...value, parts: value.parts.map(input) }
    if (value.kind !== 'loopInput') return value
    if (value.loop !== loop) return { ...value, loop: rename(value.loop) }
    return withMode(values[value.name] ?? { kind: 'literal', value: undefined }, value.mode)
  }
  return { rename, input }
}

/** Literals have no mode. */
export function withMode(input: StepInput, mode: string | undefined): StepInput {
  if (mode === undefined || input.kind === 'literal' || input.kind === 'text') return input
  return { ...input, mode }
}

function changeStep({ name, spec }: PlannedStep, change: Change): PlannedStep {
  return { name: change.rename(name), spec: changeSpec(spec, change) }
}

function changeSpec(spec: StepSpec, change: Change): StepSpec {
  return {
    ...spec,
    inputs: mapEntries(spec.inputs, change.input),
    ...(spec.control === undefined ? {} : { control: changeControl(spec.control, change) }),
  }
}

function changeControl(control: ControlSpec, change: Change): ControlSpec {
  const reference = (output: OutputReference): OutputReference => ({ ...output, step: change.rename(output.step) })
  switch (control.kind) {
    case 'if_else':
      return {
        ...control,
        condition: change.input(control.condition),
        trueRoots: control.trueRoots.map(change.rename),
        falseRoots: control.falseRoots.map(change.rename),
      }
    case 'do_while':
      return {
        ...control,
        body: changeBody(control.body, change),
        mapping: control.mapping.map((entry) => ({ ...entry, output: reference(entry.output) })),
        ...(control.condition === undefined ? {} : { condition: reference(control.condition) }),
      }
    case 'parallel_for': {
      const { items } = control
      return {
        ...control,
        body: changeBody(control.body, change),
        items:
          'list' in items
            ? { list: items.list.map((item) => mapEntries(item, change.input)) }
            : { value: change.input(items.value) },
      }
    }
  }
}

function changeBody(body: LoopBody, change: Change): LoopBody {
  return {
    steps: body.steps.map((step) => changeStep(step, change)),
    edges: body.edges.map((edge) => changeEdge(edge, change)),
    inputs: mapEntries(body.inputs, change.input),
    outputs: mapEntries(body.outputs, (output) => ({ ...output, step: change.rename(output.step) })),
  }
}

function changeEdge(edge: Edge, { rename }: Change): Edge {
  return { source: rename(edge.source), target: rename(edge.target) }
}
