import { invalid } from '@fulcrum/contract'
import { inputOf, nodeInputs, resolveText } from '../bind-inputs.ts'
import { nodeOutputs } from '../bind-outputs.ts'
import { membersOf, nodeComponent, textOf, typeOf, type Level } from '../component-members.ts'
import { dataTypeOf, mapEntries } from '../data-types.ts'
import { parseBinding } from '../expressions.ts'
import { missingStep, type Edge } from '../graph.ts'
import { withDefaults } from '../input-defaults.ts'
import type { Members, PlannedStep, PlanRequest } from '../plan-types.ts'
import type { ControlSpec, DoWhile, LoopBody, OutputReference, ParallelFor, StepInput, StepOutput } from '../types.ts'
import { controlTypeOf, isTrue } from './control-values.ts'
import { bodyName, findProducer, nodeNameOf, outputNames } from './find-producer.ts'
import { knownItems, readItems } from './loop-items.ts'

/** Control-flow nodes at submission: what they decide by, and the bodies of loops as templates. Pure. */

export type PlanBody = (level: Level) => { readonly steps: readonly PlannedStep[]; readonly edges: readonly Edge[] }

export interface ControlNode {
  readonly request: PlanRequest
  readonly level: Level
  readonly name: string
  readonly node: Members
  readonly planBody: PlanBody
}

const greatestIterationCount = 1000

/** A loop and its outputs. `if_else` is planned by {@link planIfElse}, once the steps of its blocks are. @throws InvalidRequestContent */
export function planLoopNode(part: ControlNode): { readonly control: ControlSpec; readonly outputs: Record<string, StepOutput> } {
  const body = bodyName(part.node)
  const target = targetOf(part)
  if (body === undefined) throw invalid(`Loop '${part.name}' needs a body, for example \${{parent.jobs.step}}.`, { target })
  const node = part.level.nodes[body]
  if (node === undefined) throw missingStep(part.name, body, Object.keys(part.level.nodes))
  const component = nodeComponent(part.request, part.level, body, node)
  const kind = typeOf(node, component)
  if (kind !== 'pipeline' && kind !== 'command')
    throw invalid(`The body of loop '${part.name}' is a step of type ${kind}; a command or a pipeline can be repeated.`, {
      target: `${target}.body`,
    })
  const loop: Loop = { ...part, body, bodyNode: node, component, isPipeline: kind === 'pipeline' }
  return String(part.node['type']).toLowerCase() === 'do_while' ? planDoWhile(loop) : planParallelFor(loop)
}

interface Loop extends ControlNode {
  readonly body: string
  readonly bodyNode: Members
  readonly component: Members
  readonly isPipeline: boolean
}

function planDoWhile(loop: Loop): { control: DoWhile; outputs: Record<string, StepOutput> } {
  const target = targetOf(loop)
  const declared = membersOf(loop.component['inputs'])
  const mapping = Object.entries(membersOf(loop.node['mapping'])).map(([output, inputs]) => ({
    output: portOf(loop, output, 'outputs'),
    inputs: (Array.isArray(inputs) ? inputs : [inputs]).map((input) => portOf(loop, input, 'inputs')),
  }))
  const fed = new Map<string, string>()
  for (const entry of mapping) {
    for (const input of entry.inputs) {
      const other = fed.get(input)
      if (other !== undefined)
        throw invalid(
          `Input '${input}' of the body of '${loop.name}' is mapped to the outputs '${other}' and '${entry.output}'; one output may feed it.`,
          {
            target: `${target}.mapping`,
          },
        )
      fed.set(input, entry.output)
      const isPrimitive = controlTypeOf(membersOf(declared[input])['type']) !== undefined
      if (isPrimitive && controlOutput(loop, entry.output) === undefined)
        throw invalid(
          `Output '${entry.output}' of the body of '${loop.name}' is data and cannot feed its input '${input}', which is a value.`,
          {
            target: `${target}.mapping`,
          },
        )
    }
  }
  const body = planBodyOf(loop, new Set(fed.keys()))
  const condition = loop.node['condition']
  const named = condition === undefined || condition === null ? undefined : portOf(loop, condition, 'outputs')
  if (named !== undefined && controlOutput(loop, named) === undefined)
    throw invalid(
      `The condition of '${loop.name}' is output '${named}' of its body, which is data; it must be a boolean output.`,
      {
        target: `${target}.condition`,
      },
    )
  return {
    control: {
      kind: 'do_while',
      body,
      mapping: mapping.map((entry) => ({ ...entry, output: referenceOf(body, entry.output) })),
      maxIterations: iterationLimit(loop),
      ...(named === undefined ? {} : { condition: referenceOf(body, named) }),
    },
    outputs: nodeOutputs(loop.level, loop.bodyNode, loop.component),
  }
}

function planParallelFor(loop: Loop): { control: ParallelFor; outputs: Record<string, StepOutput> } {
  const ports = membersOf(loop.component['inputs'])
  const itemInput = (value: unknown, input: string): StepInput =>
    inputOf(loop.request, loop.level, {
      name: loop.name,
      input,
      value,
      declaredType: dataTypeOf(membersOf(ports[input])['type']),
    })
  const given = loop.node['items']
  const isBinding = typeof given === 'string' && parseBinding(given) !== undefined
  const bound = isBinding
    ? inputOf(loop.request, loop.level, { name: loop.name, input: 'items', value: given, declaredType: undefined })
    : undefined
  // A reference that nothing can change any more is read now, so that its mistakes are found at submission.
  const settled = bound?.kind === 'literal' ? bound.value : given
  const list =
    bound === undefined || bound.kind === 'literal'
      ? knownItems(readItems(settled, loop.name), { loop: loop.name, declared: Object.keys(ports), toInput: itemInput })
      : undefined
  const varying = list === undefined ? Object.keys(ports) : Object.keys(list[0] ?? {})
  const body = planBodyOf(loop, new Set(varying))
  const concurrency = concurrencyOf(loop)
  return {
    control: {
      kind: 'parallel_for',
      body,
      items: list === undefined ? { value: bound ?? { kind: 'literal', value: '' } } : { list },
      ...(concurrency === undefined ? {} : { maxConcurrency: concurrency }),
    },
    outputs: aggregatedOutputs(loop),
  }
}

function concurrencyOf(loop: Loop): number | undefined {
  const given = loop.node['max_concurrency']
  if (given === undefined || given === null) return undefined
  const count = Number(given)
  if (Number.isInteger(count) && count >= 1) return count
  throw invalid(`max_concurrency of '${loop.name}' must be a whole number from 1 on.`, {
    target: `${targetOf(loop)}.max_concurrency`,
  })
}

/** Data of the iterations becomes one `mltable`, their values one JSON list in a string. */
function aggregatedOutputs(loop: Loop): Record<string, StepOutput> {
  const own = { ...loop.bodyNode, outputs: {} }
  const inner = nodeOutputs({ ...loop.level, outputBindings: {} }, own, loop.component)
  const declared = mapEntries(inner, (output) => ({ type: output.control === undefined ? 'mltable' : 'string' }))
  return nodeOutputs(loop.level, loop.node, { outputs: declared })
}

function planBodyOf(loop: Loop, varying: ReadonlySet<string>): LoopBody {
  const name = `${loop.level.prefix}${loop.name}`
  const prefix = `${name}/*/`
  const inputs = withDefaults(loop.component, nodeInputs(loop.request, loop.level, loop.body, loop.bodyNode))
  const unknown = [...varying].find((input) => !(input in membersOf(loop.component['inputs'])) && !(input in inputs))
  if (unknown !== undefined)
    throw invalid(`Loop '${loop.name}' gives its body an input '${unknown}', which step '${loop.body}' does not have.`, {
      target: targetOf(loop),
    })
  const seen: Record<string, StepInput> = {
    ...inputs,
    ...Object.fromEntries(
      [...varying].map((input) => [input, { kind: 'loopInput', loop: name, name: input } satisfies StepInput]),
    ),
  }
  const level: Level = {
    prefix,
    inputs: seen,
    declaredOutputs: {},
    ...(loop.isPipeline
      ? {
          nodes: membersOf(loop.component['jobs']) as Level['nodes'],
          outputBindings: mapEntries(membersOf(loop.component['outputs']), () => undefined),
        }
      : { nodes: { [loop.body]: commandInLoop(loop, seen) }, outputBindings: {} }),
  }
  return { ...loop.planBody(level), inputs, outputs: bodyOutputs(loop, level) }
}

/** A command that is a body reads what the loop gives as if it were inputs of a pipeline around it. */
function commandInLoop(loop: Loop, inputs: Readonly<Record<string, StepInput>>): Members {
  const node = loop.bodyNode
  const compute = resolveText(loop.level, textOf(node['computeId'] ?? node['compute']))
  const given = membersOf(node['inputs'])
  return {
    ...node,
    ...(compute === undefined ? {} : { computeId: compute }),
    inputs: mapEntries(inputs, (_input, name) => ({
      value: `\${{parent.inputs.${name}}}`,
      mode: membersOf(given[name])['mode'],
    })),
    outputs: mapEntries(membersOf(node['outputs']), (output) =>
      typeof output === 'string' ? {} : { ...membersOf(output), value: undefined, path: undefined, uri: undefined },
    ),
  }
}

function bodyOutputs(loop: Loop, inner: Level): Record<string, OutputReference> {
  const names = outputNames(loop.request, loop.level, loop.body)
  if (!loop.isPipeline)
    return Object.fromEntries(names.map((name) => [name, { step: `${inner.prefix}${loop.body}`, output: name }]))
  const place = { prefix: loopPrefix(loop), nodes: { ['*']: { type: 'pipeline', component: loop.component } } }
  return Object.fromEntries(
    names.flatMap((output) => {
      const found = findProducer(loop.request, place, { source: '*', output })
      return 'step' in found && found.step.startsWith(inner.prefix) ? [[output, found]] : []
    }),
  )
}

const loopPrefix = (loop: Loop): string => `${loop.level.prefix}${loop.name}/`

function referenceOf(body: LoopBody, output: string): OutputReference {
  const found = body.outputs[output]
  if (found !== undefined) return found
  throw invalid(`No step in the body of the loop makes its output '${output}'.`, { target: 'properties.jobs' })
}

/** `${{parent.jobs.body.outputs.x}}` or `x` → x, if the body has it. */
function portOf(loop: Loop, value: unknown, area: 'inputs' | 'outputs'): string {
  const path = typeof value === 'string' ? parseBinding(value) : undefined
  const name =
    path === undefined ? String(value) : path[1] === 'jobs' && path[2] === loop.body && path[3] === area ? path[4] : undefined
  const known =
    area === 'outputs'
      ? outputNames(loop.request, loop.level, loop.body)
      : [...new Set([...Object.keys(membersOf(loop.component['inputs'])), ...Object.keys(membersOf(loop.bodyNode['inputs']))])]
  if (name !== undefined && known.includes(name)) return name
  throw invalid(
    `Loop '${loop.name}' names '${String(value)}', which is none of the ${area} of its body '${loop.body}': ${known.join(', ') || 'none'}.`,
    {
      target: targetOf(loop),
    },
  )
}

function controlOutput(loop: Loop, output: string): string | undefined {
  return nodeOutputs({ ...loop.level, outputBindings: {} }, { ...loop.bodyNode, outputs: {} }, loop.component)[output]?.control
}

function iterationLimit(loop: Loop): number {
  const count = Number(membersOf(loop.node['limits'])['max_iteration_count'])
  if (Number.isInteger(count) && count >= 1 && count <= greatestIterationCount) return count
  throw invalid(`Loop '${loop.name}' needs limits.max_iteration_count, a whole number from 1 to ${greatestIterationCount}.`, {
    target: `${targetOf(loop)}.limits.max_iteration_count`,
  })
}

function targetOf(part: Pick<ControlNode, 'level' | 'name'>): string {
  return `properties.jobs.${part.level.prefix}${part.name}`
}

/** @param rootsOf the first steps of a node of this level */
export function planIfElse(part: Omit<ControlNode, 'planBody'>, rootsOf: (node: string) => string[]): ControlSpec {
  const { node, name, level } = part
  const target = targetOf(part)
  const given = node['condition']
  if (given === undefined || given === null) throw invalid(`Step '${name}' needs a condition.`, { target: `${target}.condition` })
  const condition = inputOf(part.request, level, { name, input: 'condition', value: given, declaredType: undefined })
  if (condition.kind === 'data')
    throw invalid(`The condition of '${name}' is data; it must be true, false, or a boolean output of a step.`, {
      target: `${target}.condition`,
    })
  if (condition.kind === 'literal') isTrue(condition.value ?? '', `The condition of '${name}'`)
  const blocks = ['true_block', 'false_block'].map((member) => blockOf(part, member))
  const both = blocks[0]?.find((entry) => blocks[1]?.includes(entry))
  if (both !== undefined) throw invalid(`Step '${both}' is in both blocks of '${name}'.`, { target })
  if (blocks.every((block) => block.length === 0))
    throw invalid(`Step '${name}' needs a true_block or a false_block.`, { target })
  const [trueRoots = [], falseRoots = []] = blocks.map((block) => block.flatMap(rootsOf))
  return { kind: 'if_else', condition, trueRoots, falseRoots }
}

function blockOf({ node, level, name }: Omit<ControlNode, 'planBody'>, member: string): string[] {
  const given = node[member]
  const entries = given === undefined || given === null ? [] : Array.isArray(given) ? given : [given]
  return entries.map((entry) => {
    const found = nodeNameOf(entry)
    if (found !== undefined && found in level.nodes) return found
    throw missingStep(name, found ?? String(entry), Object.keys(level.nodes))
  })
}
