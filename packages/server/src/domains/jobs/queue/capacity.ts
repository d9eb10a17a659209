import type { Context } from '../../../context.ts'
import type { Capacity } from './types.ts'

export function capacityOf({ config }: Context): Capacity {
  return { slots: config.engine.maxConcurrentJobs, ...config.host }
}
