/** What a loop does next, as a pure function of what its iterations have become. */

export interface IterationView {
  readonly number: number
  /** Some step of it has not ended. */
  readonly open: boolean
  readonly failed: boolean
  readonly canceled: boolean
}

export interface LoopView {
  readonly iterations: readonly IterationView[]
  /** How many there may be at most: the limit of a `do_while`, the items of a `parallel_for`. */
  readonly limit: number
  /** How many may be open at once; 1 for a `do_while`. */
  readonly concurrency: number
  readonly cancelRequested: boolean
  /** A failed iteration ends the loop: always in a `do_while`, in a `parallel_for` unless the pipeline continues on failure. */
  readonly stopsOnFailure: boolean
  /** Asked only of a `do_while` whose last iteration has completed: whether its condition holds. */
  readonly goesOn: () => boolean
}

export interface LoopPlan {
  /** Numbers of the iterations to start. */
  readonly create: readonly number[]
  readonly end?: 'Completed' | 'Failed' | 'Canceled'
}

const wait: LoopPlan = { create: [] }

export function planLoop(view: LoopView): LoopPlan {
  const { iterations, limit, concurrency } = view
  const open = iterations.filter((iteration) => iteration.open).length
  const failed = iterations.some((iteration) => iteration.failed)
  const canceled = iterations.some((iteration) => iteration.canceled)
  const broken = view.cancelRequested || canceled || (failed && view.stopsOnFailure)
  if (broken) {
    if (open > 0) return wait
    return { create: [], end: failed ? 'Failed' : 'Canceled' }
  }
  const started = iterations.length
  const room = Math.min(concurrency - open, limit - started)
  // With nothing to start there is nothing to ask; without an iteration there is nothing to ask about.
  const goesOn = room > 0 && (started === 0 || view.goesOn())
  if (goesOn) return { create: Array.from({ length: room }, (_, index) => started + index) }
  if (open > 0) return wait
  return { create: [], end: failed ? 'Failed' : 'Completed' }
}

/** The loop is to be looked at again when fewer iterations than this are open. */
export function openIterationsWanted(view: Pick<LoopView, 'limit' | 'concurrency'>, started: number, open: number): number {
  return started < view.limit ? Math.min(open, view.concurrency) : 1
}
