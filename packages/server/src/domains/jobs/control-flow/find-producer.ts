import { bindingOfOutput } from '../bind-outputs.ts'
import { membersOf, nodeComponent, textOf, typeOf, type Level } from '../component-members.ts'
import { parseBinding } from '../expressions.ts'
import type { Members, PlanRequest } from '../plan-types.ts'
import { controlKinds } from './control-types.ts'
import type { OutputReference } from '../types.ts'

/** Which step makes what a node gives out: the node itself, a step inside the pipeline that it is, or the loop that repeats it. */

type Place = Pick<Level, 'prefix' | 'nodes'>

export function isControlNode(node: Members): boolean {
  return controlKinds.some((kind) => kind === String(node['type'] ?? '').toLowerCase())
}

const bodiesOf = new WeakMap<Readonly<Record<string, Members>>, Map<string, string>>()

/** Nodes that are bodies of loops, by name, with their loops: they run only inside them. Found once for each level of a pipeline. */
export function loopBodies(nodes: Readonly<Record<string, Members>>): Map<string, string> {
  const found = bodiesOf.get(nodes) ?? findLoopBodies(nodes)
  bodiesOf.set(nodes, found)
  return found
}

function findLoopBodies(nodes: Readonly<Record<string, Members>>): Map<string, string> {
  const found = new Map<string, string>()
  for (const [name, node] of Object.entries(nodes)) {
    const body = isControlNode(node) ? bodyName(node) : undefined
    if (body !== undefined) found.set(body, name)
  }
  return found
}

/** `${{parent.jobs.x}}` or `x` → x. */
export function nodeNameOf(value: unknown): string | undefined {
  const text = textOf(value)
  const path = text === undefined ? undefined : parseBinding(text)
  if (path === undefined) return text
  return path[0] === 'parent' && path[1] === 'jobs' && path.length === 3 ? path[2] : undefined
}

export function bodyName(node: Members): string | undefined {
  return String(node['type']).toLowerCase() === 'if_else' ? undefined : nodeNameOf(node['body'])
}

/** The step and the output of it, and the outputs there are when it is none of them. */
export function findProducer(
  request: PlanRequest,
  place: Place,
  wanted: { readonly source: string; readonly output: string },
): OutputReference | { readonly known: readonly string[] } {
  const { source, output } = wanted
  const node = place.nodes[source] ?? {}
  const loop = loopBodies(place.nodes).get(source)
  if (loop !== undefined) return ofLoop(request, place, { loop, body: source, output })
  if (isControlNode(node)) {
    const body = bodyName(node)
    return body === undefined ? { known: [] } : ofLoop(request, place, { loop: source, body, output })
  }
  const component = nodeComponent(request, place as Level, source, node)
  if (typeOf(node, component) === 'pipeline') {
    const inner: Place = { prefix: `${place.prefix}${source}/`, nodes: membersOf(component['jobs']) as Level['nodes'] }
    for (const [name, entry] of Object.entries(inner.nodes)) {
      for (const [port, value] of Object.entries(membersOf(membersOf(entry)['outputs']))) {
        if (bindingOfOutput(value) !== output) continue
        const found = findProducer(request, inner, { source: name, output: port })
        if ('step' in found) return found
      }
    }
  }
  const known = outputNames(request, place, source)
  return known.includes(output) ? { step: `${place.prefix}${source}`, output } : { known }
}

/** The outputs that a node declares, itself or in its component. */
export function outputNames(request: PlanRequest, place: Place, source: string): string[] {
  const node = place.nodes[source] ?? {}
  const component = nodeComponent(request, place as Level, source, node)
  return [...new Set([...Object.keys(membersOf(component['outputs'])), ...Object.keys(membersOf(node['outputs']))])]
}

function ofLoop(
  request: PlanRequest,
  place: Place,
  { loop, body, output }: { readonly loop: string; readonly body: string; readonly output: string },
): OutputReference | { readonly known: readonly string[] } {
  const known = place.nodes[body] === undefined ? [] : outputNames(request, place, body)
  return known.includes(output) ? { step: `${place.prefix}${loop}`, output } : { known }
}
