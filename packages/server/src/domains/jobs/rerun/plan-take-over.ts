import { canonicalJson } from '../../../kernel/canonical-json.ts'
import { isTrue } from '../control-flow/control-values.ts'
import { valueOf } from '../control-flow/settle-input.ts'
import type { Edge } from '../graph.ts'
import { succeeded, type StepOutcome } from '../planner.ts'
import type { StepOutputs, StepSpec } from '../types.ts'

/** Which steps of an earlier job a rerun need not run again. Pure. */

export interface EarlierStep {
  readonly spec: StepSpec
  readonly outcome: StepOutcome | null
  readonly outputs: StepOutputs
}

export interface TakeOver {
  /** Names of steps that are done with the earlier results. */
  readonly take: readonly string[]
  /** Steps of blocks that an earlier condition did not choose, with the reason. */
  readonly skip: ReadonlyMap<string, string>
}

/**
 * A step is taken over when it completed, does the same work, and everything before it is taken over too: so what it read is what it
 * would read now.
 * @param gone steps whose outputs are no longer there
 */
export function planTakeOver(
  steps: ReadonlyMap<string, StepSpec>,
  edges: readonly Edge[],
  earlier: ReadonlyMap<string, EarlierStep>,
  gone: ReadonlySet<string>,
): TakeOver {
  const targets = targetsOf(edges)
  const open = new Map([...steps.keys()].map((name) => [name, 0]))
  for (const { target } of edges) open.set(target, (open.get(target) ?? 0) + 1)
  const taken = new Map<string, StepOutputs>()
  const ready = [...steps.keys()].filter((name) => open.get(name) === 0)
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    const before = earlier.get(name)
    if (before === undefined || gone.has(name) || !isDone(before) || !isSameWork(before.spec, steps.get(name))) continue
    taken.set(name, before.outputs)
    for (const target of targets.get(name) ?? []) {
      const left = (open.get(target) ?? 0) - 1
      open.set(target, left)
      if (left === 0) ready.push(target)
    }
  }
  return { take: [...taken.keys()], skip: skippedBy(steps, targets, taken) }
}

function isDone({ outcome }: EarlierStep): boolean {
  return outcome !== null && succeeded(outcome)
}

/** The name of the pipeline itself is no part of the work. */
function isSameWork(before: StepSpec, now: StepSpec | undefined): boolean {
  return now !== undefined && workOf(before) === workOf(now)
}

function workOf(spec: StepSpec): string {
  const text = JSON.stringify(spec, (key, value: unknown) => (key === 'parentJobName' ? undefined : value))
  return canonicalJson(JSON.parse(text))
}

function targetsOf(edges: readonly Edge[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { source, target } of edges) {
    const list = found.get(source)
    if (list === undefined) found.set(source, [target])
    else list.push(target)
  }
  return found
}

/** A choice that is taken over chooses again as it did. */
function skippedBy(
  steps: ReadonlyMap<string, StepSpec>,
  targets: ReadonlyMap<string, readonly string[]>,
  taken: ReadonlyMap<string, StepOutputs>,
): Map<string, string> {
  const skip = new Map<string, string>()
  for (const name of taken.keys()) {
    const control = steps.get(name)?.control
    if (control?.kind !== 'if_else') continue
    const chosen = isTrue(valueOf(control.condition, taken), `The condition of '${name}'`)
    const queue = [...(chosen ? control.falseRoots : control.trueRoots)]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (skip.has(next)) continue
      skip.set(next, `The condition of '${name}' was ${String(chosen)}.`)
      queue.push(...(targets.get(next) ?? []))
    }
  }
  return skip
}
