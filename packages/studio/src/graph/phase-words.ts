import type { PhaseKind } from './prepare-graph.ts'

export const phaseWords: Readonly<Record<PhaseKind, string>> = {
  queue: 'Queue',
  prepare: 'Prepare',
  run: 'Run',
  publish: 'Publish',
}
