import { fit, type Kernel, type Model, type Row } from './gaussian-process.ts'
import { draw, sobolPoint } from './random-point.ts'
import { sizeOf } from './search-space.ts'
import type { Objective, Point, SearchParameter, TrialView } from './types.ts'

/**
 * Bayesian sampling: a Gaussian process over the unit cube, with one coordinate for each choice, and the place of the greatest expected
 * improvement. Trials still open count as if they had brought what the model expects of them, so that concurrent ones spread out.
 */

interface Observation {
  readonly point: Point
  /** Greater is better. */
  readonly score: number
}

/** Newer observations beyond this many drive out the worst ones: fitting is cubic. */
const mostObservations = 150
const candidates = 512
const lengthChoices = [0.1, 0.2, 0.4, 0.8, 1.6]
const noiseChoices = [1e-4, 1e-2, 1e-1]

/** How many trials are spread over the space before the model is asked. */
export function warmUpTrials(dimensions: number): number {
  return Math.max(4, Math.min(20, 2 * dimensions + 2))
}

export function bayesianPoint(
  seed: string,
  number: number,
  space: { readonly parameters: readonly SearchParameter[]; readonly objective: Objective },
  trials: readonly TrialView[],
): Point {
  const { parameters, objective } = space
  const seen = observe(objective, trials)
  const distinct = new Set(seen.map((entry) => entry.score)).size
  if (seen.length < warmUpTrials(parameters.length) || distinct < 2) return sobolPoint(seed, number, parameters.length)
  const standard = standardise(seen.map((entry) => entry.score))
  const encode = encoder(parameters)
  const rows = seen.map((entry) => encode(entry.point))
  const kernel = chooseKernel(rows, standard)
  const pending = trials.filter((trial) => trial.status === undefined).map((trial) => encode(trial.point))
  const model = withPending({ rows, targets: standard, kernel }, pending)
  const best = Math.max(...standard)
  const incumbent = seen[standard.indexOf(best)]?.point ?? []
  let chosen: { point: Point; gain: number } | undefined
  for (const point of propose(seed, number, parameters, incumbent)) {
    const gain = expectedImprovement(model, encode(point), best)
    if (chosen === undefined || gain > chosen.gain) chosen = { point, gain }
  }
  return chosen?.point ?? sobolPoint(seed, number, parameters.length)
}

/** Finished trials; one that failed without a value counts as the worst seen, so that the place is left alone. */
function observe(objective: Objective, trials: readonly TrialView[]): Observation[] {
  const sign = objective.goal === 'maximize' ? 1 : -1
  const ended = trials.filter((trial) => trial.status !== undefined)
  const scored = ended.flatMap(({ point, objective: value }) => (value === undefined ? [] : [{ point, score: sign * value }]))
  if (scored.length === 0) return []
  const worst = Math.min(...scored.map((entry) => entry.score))
  const failed = ended.filter((trial) => trial.objective === undefined && trial.status === 'Failed')
  const all = [...scored, ...failed.map(({ point }) => ({ point, score: worst }))]
  if (all.length <= mostObservations) return all
  return all.toSorted((left, right) => right.score - left.score).slice(0, mostObservations)
}

function standardise(scores: readonly number[]): number[] {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length
  return scores.map((score) => (score - mean) / Math.sqrt(Math.max(variance, 1e-300)))
}

/** Numbers keep their coordinate; a choice becomes one coordinate for each of its values: its values have no order. */
function encoder(parameters: readonly SearchParameter[]): (point: Point) => Row {
  return (point) =>
    parameters.flatMap(({ distribution }, index) => {
      const u = point[index] ?? 0
      const size = distribution.kind === 'choice' ? sizeOf(distribution) : undefined
      if (size === undefined) return [u]
      const chosen = Math.min(size - 1, Math.floor(u * size))
      return Array.from({ length: size }, (_, value) => (value === chosen ? Math.SQRT1_2 : 0))
    })
}

/** The kernel of greatest likelihood: one length for all first, then each coordinate's length on its own. */
function chooseKernel(rows: readonly Row[], targets: readonly number[]): Kernel {
  const width = rows[0]?.length ?? 1
  let best: { kernel: Kernel; likelihood: number } | undefined
  const consider = (kernel: Kernel): void => {
    const likelihood = fit(rows, targets, kernel).logLikelihood
    if (best === undefined || likelihood > best.likelihood) best = { kernel, likelihood }
  }
  for (const noise of noiseChoices)
    for (const length of lengthChoices) consider({ lengths: Array.from({ length: width }, () => length), noise })
  if (width <= 12) {
    for (let i = 0; i < width; i += 1) {
      const { lengths, noise } = best?.kernel ?? { lengths: [], noise: 1e-2 }
      for (const factor of [0.4, 2.5])
        consider({ lengths: lengths.map((length, at) => (at === i ? length * factor : length)), noise })
    }
  }
  return best?.kernel ?? { lengths: Array.from({ length: width }, () => 0.4), noise: 1e-2 }
}

function withPending(data: { rows: readonly Row[]; targets: readonly number[]; kernel: Kernel }, pending: readonly Row[]): Model {
  const model = fit(data.rows, data.targets, data.kernel)
  if (pending.length === 0) return model
  const imagined = pending.map((row) => model.predict(row).mean)
  return fit([...data.rows, ...pending], [...data.targets, ...imagined], data.kernel)
}

/** Places all over the space, and steps of three sizes away from the best one. */
function* propose(seed: string, number: number, parameters: readonly SearchParameter[], incumbent: Point): Generator<Point> {
  for (let i = 0; i < candidates; i += 1) yield sobolPoint(`${seed} candidates ${number}`, i, parameters.length)
  for (let i = 0; i < candidates; i += 1) {
    const radius = [0.01, 0.05, 0.2][i % 3] ?? 0.05
    yield parameters.map(({ distribution }, index) => {
      const moved = draw(seed, number, 'near', i, index)
      // Half of the coordinates stay where they are.
      if (draw(seed, number, 'move', i, index) < 0.5 && parameters.length > 1) return incumbent[index] ?? 0
      // Values of a choice have no neighbours.
      if (distribution.kind === 'choice') return moved
      return clamp((incumbent[index] ?? 0) + radius * (2 * moved - 1))
    })
  }
}

function clamp(u: number): number {
  return Math.min(Math.max(u, 0), 1 - 1e-9)
}

function expectedImprovement(model: Model, row: Row, best: number): number {
  const { mean, deviation } = model.predict(row)
  const z = (mean - best) / deviation
  return deviation * (z * normalBelow(z) + Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI))
}

/** Distribution function of the standard normal: Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7. */
function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const error = 1 - series * Math.exp(-x * x)
  return 0.5 * (1 + (z < 0 ? -error : error))
}
