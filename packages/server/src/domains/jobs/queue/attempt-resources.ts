import type { Context } from '../../../context.ts'
import type { StepRow } from '../step-store.ts'

/** What an attempt is given of what its step reserved. */

/** Limits for the wrapper, which applies what the host can enforce. */
export function limitsOf({ spec }: StepRow): { memoryBytes?: number; cpuCount?: number } {
  const { cores = 0, memoryBytes = 0 } = spec.request ?? {}
  // All nodes of a step are processes of one wrapper.
  return {
    ...(memoryBytes > 0 ? { memoryBytes: memoryBytes * spec.instanceCount } : {}),
    ...(cores > 0 ? { cpuCount: cores * spec.instanceCount } : {}),
  }
}

/** Device files of the GPUs that the sandbox lets in. */
export function deviceFilesOf({ devices }: StepRow): string[] {
  if (devices.length === 0) return []
  const numbers = devices.filter((device) => /^\d+$/.test(device))
  // A GPU that is named by its UUID may be any of the files.
  const files = numbers.length === devices.length ? numbers : Array.from({ length: 16 }, (_, number) => String(number))
  return ['/dev/nvidiactl', '/dev/nvidia-uvm', '/dev/nvidia-uvm-tools', ...files.map((number) => `/dev/nvidia${number}`)]
}

/** On a host with GPUs a job sees those that it reserved, and without a request none: they may be another's. */
export function deviceVariables(ctx: Context, { devices }: StepRow): Record<string, string> {
  if (devices.length === 0 && ctx.config.host.gpus.length === 0) return {}
  return { CUDA_VISIBLE_DEVICES: devices.join(','), NVIDIA_VISIBLE_DEVICES: devices.length === 0 ? 'void' : devices.join(',') }
}
