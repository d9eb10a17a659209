import { createHash } from 'node:crypto'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import type { StepSpec } from './types.ts'

/** Reuse by content: the key is made of what the result depends on, and its fields are kept so that a miss can be explained. */

/** Flat: `inputs.data`, `environment` … → the value that went into the key. */
export type KeyFields = Readonly<Record<string, string | number | boolean | null>>

export interface FieldDifference {
  readonly field: string
  readonly now: string | number | boolean | null
  readonly before: string | number | boolean | null
}

export interface ReuseDecision {
  readonly reused: boolean
  readonly reason:
    | 'found'
    | 'forced'
    | 'not-deterministic'
    | 'not-in-pipeline'
    | 'no-earlier-run'
    | 'fields-differ'
    | 'output-gone'
    /** Taken over because its job is the rerun of another. */
    | 'rerun'
  /** Name of the job whose result was taken over, or that came nearest. */
  readonly jobName?: string
  readonly differences?: readonly FieldDifference[]
}

export interface KeyContents {
  /** Tree digest of the code, after ignore rules. */
  readonly codeDigest: string | null
  /** Hash of the environment's lock. */
  readonly lockHash: string | null
  /** Literal value or content digest by input. */
  readonly inputs: Readonly<Record<string, string | null>>
}

const keySchemaVersion = 1

export function keyFieldsOf(spec: StepSpec, contents: KeyContents): KeyFields {
  const fields: Record<string, string | number | boolean | null> = {
    schema: keySchemaVersion,
    type: spec.type,
    command: spec.command,
    code: contents.codeDigest,
    environment: contents.lockHash,
    distribution: spec.distribution === undefined ? null : canonicalJson(spec.distribution),
    instanceCount: spec.instanceCount,
    processCount: spec.processCount,
    ...(spec.parallel === undefined ? {} : { parallel: canonicalJson(spec.parallel) }),
  }
  for (const [name, value] of Object.entries(spec.environmentVariables)) fields[`environmentVariables.${name}`] = value
  for (const [name, value] of Object.entries(contents.inputs)) fields[`inputs.${name}`] = value
  for (const [name, output] of Object.entries(spec.outputs)) fields[`outputs.${name}`] = `${output.type} ${output.mode}`
  return fields
}

export function reuseKeyOf(fields: KeyFields): string {
  return createHash('sha256').update(canonicalJson(fields)).digest('hex')
}

export function differencesOf(now: KeyFields, before: KeyFields): FieldDifference[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])].sort()
  return names
    .filter((field) => (now[field] ?? null) !== (before[field] ?? null))
    .map((field) => ({ field, now: now[field] ?? null, before: before[field] ?? null }))
}
