import { bayesianPoint } from './bayesian-point.ts'
import { draw } from './random-point.ts'
import { algorithmAt, coordinateOf } from './search-space.ts'
import type { Point, SearchParameter, SweepSettings, TrialView } from './types.ts'

/**
 * Sampling of a space of algorithms, each with parameters of its own. First the starts, one known good setting for each algorithm. Then
 * every trial asks for an algorithm, the better ones more often (half of the trials to the best, a quarter to the next, …), and
 * Bayesian sampling asks for the place within that algorithm's parameters.
 */
export function portfolioPoint(
  seed: string,
  number: number,
  settings: Pick<SweepSettings, 'parameters' | 'objective' | 'starts'>,
  trials: readonly TrialView[],
): Point {
  const { parameters, objective } = settings
  const start = settings.starts?.[number]
  if (start !== undefined) {
    const algorithm = String(start['algorithm'] ?? '')
    return parameters.map(({ name, distribution, algorithms }) => {
      const value = start[name]
      return value === undefined || !(algorithms?.includes(algorithm) ?? true) ? 0.5 : coordinateOf(distribution, value)
    })
  }
  const algorithm = chooseAlgorithm(seed, number, settings, trials)
  const own = parameters.flatMap((parameter, index) => (isOwn(parameter, algorithm) ? [{ parameter, index }] : []))
  const tried = trials
    .filter((trial) => trial.role === undefined && algorithmAt(parameters, trial.point) === algorithm)
    .map((trial) => ({ ...trial, point: own.map(({ index }) => trial.point[index] ?? 0) }))
  const space = { parameters: own.map(({ parameter }) => parameter), objective }
  const inner = bayesianPoint(`${seed} ${algorithm}`, tried.length, space, tried)
  return parameters.map(({ name, distribution }, index) => {
    if (name === 'algorithm') return coordinateOf(distribution, algorithm)
    const at = own.findIndex((entry) => entry.index === index)
    return at < 0 ? 0.5 : (inner[at] ?? 0.5)
  })
}

/** How many trials make sense: algorithms without parameters are worth one each. */
export function portfolioSize({ parameters, starts = [] }: Pick<SweepSettings, 'parameters' | 'starts'>): number {
  return tunable(parameters).length === 0 ? starts.length : Infinity
}

function isOwn({ name, algorithms }: SearchParameter, algorithm: string): boolean {
  return name !== 'algorithm' && (algorithms?.includes(algorithm) ?? true)
}

/** Algorithms that have anything to tune. */
function tunable(parameters: readonly SearchParameter[]): string[] {
  const algorithms = parameters.find(({ name }) => name === 'algorithm')?.distribution
  if (algorithms?.kind !== 'choice') return []
  return algorithms.values.map(String).filter((algorithm) => parameters.some((parameter) => isOwn(parameter, algorithm)))
}

function chooseAlgorithm(
  seed: string,
  number: number,
  { parameters, objective }: Pick<SweepSettings, 'parameters' | 'objective'>,
  trials: readonly TrialView[],
): string {
  const sign = objective.goal === 'maximize' ? 1 : -1
  const candidates = tunable(parameters).map((algorithm) => {
    const own = trials.filter((trial) => trial.role === undefined && algorithmAt(parameters, trial.point) === algorithm)
    const scores = own.flatMap(({ objective: value }) => (value === undefined ? [] : [sign * value]))
    // One that has only failed comes last; one that nobody knows yet before it.
    const unknown = own.some((trial) => trial.status === 'Failed') ? -Infinity : -Number.MAX_VALUE
    return { algorithm, score: scores.length === 0 ? unknown : Math.max(...scores) }
  })
  const ranked = candidates.toSorted((left, right) => right.score - left.score || (left.algorithm < right.algorithm ? -1 : 1))
  const rank = Math.floor(-Math.log2(1 - draw(seed, number, 'algorithm')))
  return ranked[Math.min(rank, ranked.length - 1)]?.algorithm ?? ''
}
