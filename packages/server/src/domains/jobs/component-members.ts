import { invalid } from '@fulcrum/contract'
import type { ComponentSpec, Members, PlanRequest } from './plan-types.ts'
import type { StepInput } from './types.ts'

/** Reading the loosely typed, snake_case members of nodes and component specs. */

/** One level of nodes: the pipeline, or a pipeline component inside it. */
export interface Level {
  readonly prefix: string
  readonly nodes: Readonly<Record<string, Members>>
  readonly inputs: Readonly<Record<string, StepInput>>
  /** Name of the whole pipeline's output, or `undefined` when the outer level does not bind it. */
  readonly outputBindings: Readonly<Record<string, string | undefined>>
  readonly declaredOutputs: Readonly<Record<string, Members>>
}

export function typeOf(node: Members, component: Members): string {
  return String(node['type'] ?? component['type'] ?? 'command').toLowerCase()
}

export function nodeComponent(request: PlanRequest, level: Level, name: string, node: Members): Members {
  const reference = node['componentId'] ?? node['component'] ?? trialOf(node)
  if (typeof reference === 'string')
    return { ...componentOf(request, reference, `properties.jobs.${level.prefix}${name}.componentId`), ...inlineMembers(node) }
  return typeof reference === 'object' && reference !== null ? (reference as Members) : node
}

/** What a sweep node tries: the reference of a component, or its members. */
export function trialOf(node: Members): unknown {
  if (String(node['type'] ?? '').toLowerCase() !== 'sweep') return undefined
  return membersOf(node['trial'])['componentId'] ?? node['trial']
}

/** A node may say its own `environment` and the like over its component's. */
export function inlineMembers(node: Members): Members {
  return Object.fromEntries(
    ['environment', 'code', 'command'].flatMap((name) => (node[name] === undefined ? [] : [[name, node[name]]])),
  )
}

export function componentOf(request: PlanRequest, reference: string, target: string): ComponentSpec {
  const found = request.components.get(reference.toLowerCase())
  if (found !== undefined) return found
  throw invalid(`Component '${reference}' was not found. Register it first: PUT …/components/{name}/versions/{version}.`, {
    target,
  })
}

/** `azureml:/subscriptions/…` → the id; other texts stay. */
export function stripScheme(value: unknown): string | undefined {
  const text = textOf(value)
  return text?.startsWith('azureml:/subscriptions/') ? text.slice('azureml:'.length) : text
}

export function optional<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, string>>)
}

export function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Clients send booleans of component specs as text, too. */
export function isTrue(value: unknown): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true')
}

/** Clients send members that nobody set as null or as an empty text. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

/** @throws InvalidRequestContent it is no whole number from `least` on */
export function wholeNumber(value: unknown, fallback: number, target: string, least = 0): number {
  if (!isGiven(value)) return fallback
  const found = Number(value)
  if (Number.isInteger(found) && found >= least) return found
  throw invalid(`${target} is '${String(value)}'; it must be a whole number from ${least}.`, { target })
}
