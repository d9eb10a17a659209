import type { EndingStep, StepChange, StepEnd } from './engine-types.ts'
import { apiStatusOf, heldStates, succeeded, type AttemptFault, type StepOutcome, type StepState } from './planner.ts'
import type { KeyFields, ReuseDecision } from './reuse-key.ts'
import type { ExitRecord } from './types.ts'

/** What several changes of one step, wanted one after the other, come to in one transaction. */
export interface StepWrite {
  readonly step: EndingStep
  /** States in which the first of them may find the step; anything else means that somebody else has it. */
  readonly guard: readonly StepState[]
  /** Where the step stands after them; absent when they only tell of it. */
  readonly to?: StepState
  readonly outcome?: StepOutcome
  readonly events: readonly StepEvent[]
  /** What clients see afterwards. */
  readonly status?: Readonly<Record<string, unknown>> & { readonly status: string }
  readonly run?: 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED'
  readonly reuse?: { readonly key: string | null; readonly fields: KeyFields; readonly decision: ReuseDecision }
  readonly end?: StepEnd
  readonly retry?: { readonly delayMs: number; readonly fault: AttemptFault; readonly exit?: ExitRecord }
}

/** What is recorded; the first move of a batch starts from where the database finds the step. */
export interface StepEvent {
  readonly kind: 'note' | 'move'
  readonly to: string
  readonly from?: StepState
  readonly data?: Readonly<Record<string, string>>
}

export interface ChangeOf {
  readonly step: EndingStep
  readonly change: StepChange
}

/**
 * Joins what a batch wants of each step, so that the database is asked once. Pure.
 * @returns one write for each attempt, and for each change the write it is in; `undefined` for one that cannot follow the one before it
 */
export function planStepBatch(
  changes: readonly ChangeOf[],
  now: Date,
): { readonly writes: StepWrite[]; readonly writeOf: (StepWrite | undefined)[] } {
  const places = new Map<string, number>()
  const writes: StepWrite[] = []
  const placeOf = changes.map(({ step, change }) => {
    const key = `${step.step.id}/${step.step.attempt}`
    const place = places.get(key) ?? writes.length
    const before = writes[place]
    const joined = joinChange(before ?? { step, guard: heldStates, events: [] }, change, now)
    if (joined === undefined) return undefined
    places.set(key, place)
    writes[place] = joined
    return place
  })
  return { writes, writeOf: placeOf.map((place) => (place === undefined ? undefined : writes[place])) }
}

function joinChange(before: StepWrite, change: StepChange, now: Date): StepWrite | undefined {
  if (change.kind === 'note') {
    if (before.to === 'Done' || before.to === 'Ready') return undefined
    return {
      ...before,
      events: [...before.events, { kind: 'note', to: change.to }],
      ...(change.status === undefined ? {} : { status: { ...before.status, status: change.status } }),
      ...(change.reuse === undefined ? {} : { reuse: change.reuse }),
    }
  }
  if (before.to !== undefined && !change.from.includes(before.to)) return undefined
  const guarded = before.to === undefined ? { ...before, guard: change.from } : before
  const from = before.to === undefined ? {} : { from: before.to }
  switch (change.kind) {
    case 'move':
      return {
        ...guarded,
        to: change.to,
        events: [...before.events, { kind: 'move', to: change.to, ...from }],
        status: { ...before.status, status: apiStatusOf(change.to, null) },
        ...(change.to === 'Active' ? { run: 'RUNNING' as const } : {}),
      }
    case 'retry':
      return {
        ...guarded,
        to: 'Ready',
        events: [...before.events, { kind: 'move', to: 'Ready', ...from, data: { reason: change.reason } }],
        status: { ...before.status, status: apiStatusOf('Ready', null) },
        retry: change,
      }
    case 'end':
      return {
        ...guarded,
        to: 'Done',
        outcome: change.end.outcome,
        events: [...before.events, { kind: 'move', to: change.end.outcome, ...from, ...reasonOf(change.end) }],
        status: { ...before.status, ...endStatus(change.end, now) },
        run: succeeded(change.end.outcome) ? 'FINISHED' : change.end.outcome === 'Failed' ? 'FAILED' : 'KILLED',
        end: change.end,
      }
  }
}

function reasonOf({ reason }: StepEnd): Pick<StepEvent, 'data'> {
  return reason === undefined ? {} : { data: { reason } }
}

function endStatus({ outcome, outputs, error, properties }: StepEnd, now: Date) {
  return {
    status: apiStatusOf('Done', outcome),
    endTime: now.toISOString(),
    outputs: outputs ?? {},
    ...(error === undefined ? {} : { error }),
    properties: { ...properties, ...(error === undefined ? {} : { error: JSON.stringify(error) }) },
  }
}
