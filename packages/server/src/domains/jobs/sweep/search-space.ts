import { inverseNormal } from './inverse-normal.ts'
import type { Distribution, ParameterValue, Point, SearchParameter } from './types.ts'

/** From a point of the unit cube to parameter values: each distribution by its quantile function, so every sampler works on every space. */

/** @param u in [0, 1) */
export function valueAt(distribution: Distribution, u: number): ParameterValue {
  switch (distribution.kind) {
    case 'choice':
      return distribution.values[indexAt(u, distribution.values.length)] ?? ''
    case 'randint':
      return indexAt(u, distribution.upper)
    case 'uniform':
      return finished(distribution, distribution.min + u * (distribution.max - distribution.min))
    case 'normal':
      return finished(distribution, distribution.mu + distribution.sigma * inverseNormal(u))
  }
}

function indexAt(u: number, count: number): number {
  return Math.min(count - 1, Math.floor(u * count))
}

function finished(shape: { readonly log: boolean; readonly q?: number }, draw: number): number {
  const value = shape.log ? Math.exp(draw) : draw
  if (shape.q === undefined) return value
  const rounded = Math.round(value / shape.q) * shape.q
  // 3 × 0.1 is 0.30000000000000004 in binary; nobody means that.
  return Number(rounded.toPrecision(12))
}

/** Without those that belong to other algorithms than the point's. */
export function parametersAt(parameters: readonly SearchParameter[], point: Point): Record<string, ParameterValue> {
  const algorithm = algorithmAt(parameters, point)
  return Object.fromEntries(
    parameters.flatMap(({ name, distribution, algorithms }, index) =>
      algorithms === undefined || algorithms.includes(algorithm) ? [[name, valueAt(distribution, point[index] ?? 0)]] : [],
    ),
  )
}

/** The value of the parameter `algorithm` at a point; empty in spaces that have none. */
export function algorithmAt(parameters: readonly SearchParameter[], point: Point): string {
  const index = parameters.findIndex((parameter) => parameter.name === 'algorithm')
  const distribution = parameters[index]?.distribution
  return distribution === undefined ? '' : String(valueAt(distribution, point[index] ?? 0))
}

/** The coordinate at which a parameter has this value, or the nearest one it can have: the opposite of {@link valueAt}. */
export function coordinateOf(distribution: Distribution, value: ParameterValue): number {
  const inside = (u: number): number => (Number.isFinite(u) ? Math.min(Math.max(u, 0), 1 - 1e-9) : 0.5)
  switch (distribution.kind) {
    case 'choice': {
      const index = distribution.values.findIndex((known) => textOfValue(known) === textOfValue(value))
      return (Math.max(0, index) + 0.5) / distribution.values.length
    }
    case 'randint':
      return inside((Number(value) + 0.5) / distribution.upper)
    case 'uniform': {
      const drawn = distribution.log ? Math.log(Number(value)) : Number(value)
      return inside((drawn - distribution.min) / (distribution.max - distribution.min))
    }
    case 'normal':
      return 0.5
  }
}

/** How many different values a parameter has; `undefined` for a continuum. */
export function sizeOf(distribution: Distribution): number | undefined {
  if (distribution.kind === 'choice') return distribution.values.length
  return distribution.kind === 'randint' ? distribution.upper : undefined
}

/** A value as a command line, an input or a variable carries it: spelled as Python does. */
export function textOfValue(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}
