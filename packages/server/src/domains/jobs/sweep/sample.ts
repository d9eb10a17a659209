import { bayesianPoint } from './bayesian-point.ts'
import { portfolioPoint, portfolioSize } from './portfolio-point.ts'
import { randomPoint, sobolPoint } from './random-point.ts'
import { sizeOf } from './search-space.ts'
import type { Point, SearchParameter, SweepSettings, TrialView } from './types.ts'

/** How many trials a sweep makes at most: its limit, or the whole grid. */
export function trialLimit(settings: SweepSettings): number {
  if (settings.sampling.kind === 'portfolio') return Math.min(settings.maxTotalTrials, portfolioSize(settings))
  if (settings.sampling.kind !== 'grid') return settings.maxTotalTrials
  return Math.min(settings.maxTotalTrials, gridSize(settings.parameters))
}

/** The point of a trial: a function of the seed, its number and the trials before it, so that whoever asks again gets the same. */
export function samplePoint(settings: SweepSettings, seed: string, number: number, trials: readonly TrialView[]): Point {
  const { parameters, sampling } = settings
  switch (sampling.kind) {
    case 'grid':
      return gridPoint(parameters, number)
    case 'bayesian':
      return bayesianPoint(seed, number, settings, trials)
    case 'portfolio':
      return portfolioPoint(seed, number, settings, trials)
    case 'random':
      return sampling.sobol ? sobolPoint(seed, number, parameters.length) : randomPoint(seed, number, parameters.length)
  }
}

function gridSize(parameters: readonly SearchParameter[]): number {
  return parameters.reduce((product, { distribution }) => product * (sizeOf(distribution) ?? 1), 1)
}

/** The last parameter changes fastest; the middle of a cell stands for its value. */
function gridPoint(parameters: readonly SearchParameter[], number: number): Point {
  const point: number[] = []
  let rest = number
  for (const { distribution } of parameters.toReversed()) {
    const size = sizeOf(distribution) ?? 1
    point.unshift(((rest % size) + 0.5) / size)
    rest = Math.floor(rest / size)
  }
  return point
}
