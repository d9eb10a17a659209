import { logSystemMetrics } from '../tracking/index.ts'
import type { Attempt, EngineParts } from './engine-types.ts'

const everyMs = 5_000

/** Carries the wrapper's measurements (`metrics.jsonl`) to the run's system metrics while the job runs. */
export class MetricsTail {
  readonly #parts: EngineParts
  readonly #attempt: Attempt
  #offset = 0
  #step = 0
  #nextAt = 0

  constructor(parts: EngineParts, attempt: Attempt) {
    this.#parts = parts
    this.#attempt = attempt
  }

  async flushSometimes(): Promise<void> {
    if (performance.now() < this.#nextAt) return
    this.#nextAt = performance.now() + everyMs
    await this.flush()
  }

  /** Measurements are for people to look at: losing some is no reason to fail a job. */
  async flush(): Promise<void> {
    const { ctx } = this.#parts
    const attempt = this.#attempt
    try {
      const text = await attempt.directory.readTextFrom('metrics.jsonl', this.#offset)
      const whole = text.slice(0, text.lastIndexOf('\n') + 1)
      if (whole === '') return
      this.#offset += Buffer.byteLength(whole)
      for (const line of whole.trimEnd().split('\n')) {
        await logSystemMetrics(ctx, { workspaceId: attempt.workspaceId, runId: attempt.jobName, ...this.#read(line) })
      }
    } catch (error) {
      ctx.log.debug({ err: error, attempt: attempt.token }, 'System metrics of a job were not stored')
    }
  }

  #read(line: string) {
    const point = JSON.parse(line) as { t: number; metrics: Record<string, number> }
    return {
      metrics: point.metrics,
      timestampMs: Math.round(point.t * 1000),
      step: this.#step++,
    }
  }
}
