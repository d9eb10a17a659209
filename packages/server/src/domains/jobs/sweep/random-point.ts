import { createHash } from 'node:crypto'
import { sobolBits, sobolDimensions } from './sobol.ts'
import type { Point } from './types.ts'

/** Chance that a restart repeats: every draw is a function of a seed text, the trial's number and the coordinate. */

/** A number in [0, 1) with 53 random bits. */
export function draw(seed: string, ...labels: readonly (string | number)[]): number {
  const digest = createHash('sha256')
    .update([seed, ...labels].join('\0'))
    .digest()
  return (digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)) / 2 ** 53
}

export function randomPoint(seed: string, trial: number, dimensions: number): Point {
  return Array.from({ length: dimensions }, (_, index) => draw(seed, trial, index))
}

/**
 * The Sobol point of a trial, shifted by random bits of the seed so that seeds differ. Coordinates beyond the table of direction
 * numbers are drawn at random.
 */
export function sobolPoint(seed: string, trial: number, dimensions: number): Point {
  return Array.from({ length: dimensions }, (_, index) => {
    if (index >= sobolDimensions) return draw(seed, trial, index)
    const shift = Math.floor(draw(seed, 'shift', index) * 2 ** 32) >>> 0
    return ((sobolBits(trial, index) ^ shift) >>> 0) / 2 ** 32
  })
}
