import { invalid, type JobProperties } from '@fulcrum/contract'
import { membersOf, textOf } from './component-members.ts'
import { isControlNode } from './control-flow/find-producer.ts'
import { missingStep, type Edge } from './graph.ts'
import type { Members } from './plan-types.ts'

/** `settings.on_init` runs before everything else, `settings.on_finalize` after it, however it ended. Pure. */

interface Graph {
  readonly steps: readonly { readonly name: string }[]
  readonly edges: readonly Edge[]
}

/** @returns edges that put the first node before the others, and the steps that wait for the end. @throws InvalidRequestContent */
export function planPhases(
  properties: JobProperties,
  nodes: Readonly<Record<string, Members>>,
  { steps, edges }: Graph,
): { readonly edges: Edge[]; readonly finalizers: string[] } {
  const names = steps.map((step) => step.name)
  const first = phaseOf(properties, nodes, { setting: 'on_init', names, edges })
  const last = phaseOf(properties, nodes, { setting: 'on_finalize', names, edges })
  const others = names.filter((name) => !first.has(name) && !last.has(name))
  if (others.length === 0)
    throw invalid('Besides on_init and on_finalize a pipeline needs another step.', { target: 'properties.settings' })
  const withSource = new Set(edges.map((edge) => edge.target))
  const withTarget = new Set(edges.map((edge) => edge.source))
  const sinks = [...first].filter((name) => !withTarget.has(name))
  const roots = others.filter((name) => !withSource.has(name))
  return { edges: sinks.flatMap((source) => roots.map((target) => ({ source, target }))), finalizers: [...last] }
}

function phaseOf(
  properties: JobProperties,
  nodes: Readonly<Record<string, Members>>,
  {
    setting,
    names,
    edges,
  }: { readonly setting: 'on_init' | 'on_finalize'; readonly names: readonly string[]; readonly edges: readonly Edge[] },
): Set<string> {
  const node = textOf(membersOf(properties.settings)[setting])
  if (node === undefined) return new Set()
  const target = `properties.settings.${setting}`
  const definition = nodes[node]
  if (definition === undefined) throw missingStep(`settings.${setting}`, node, Object.keys(nodes))
  if (isControlNode(definition))
    throw invalid(`settings.${setting} names '${node}', which is control flow; name a step that runs.`, { target })
  const own = new Set(names.filter((name) => name === node || name.startsWith(`${node}/`)))
  const bound = edges.find((edge) => own.has(edge.source) !== own.has(edge.target))
  if (bound !== undefined)
    throw invalid(
      `settings.${setting} names '${node}', which is bound to other steps ('${bound.source}' to '${bound.target}').`,
      { target },
    )
  return own
}
