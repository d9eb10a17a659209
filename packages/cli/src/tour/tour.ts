import type { CliEnvironment } from '../environment.ts'

export async function runTourOnce(_environment: CliEnvironment, _signal: AbortSignal): Promise<void> {}
