import type { Loop } from '../../domain.ts'
import { holderName, isHolderGone, WorkDirectory } from '../../kernel/processes/index.ts'
import { attemptDirectory, tokenOf } from './attempt-files.ts'
import type { Attempt, EngineParts } from './engine-types.ts'
import { finishJob, sweepJobs } from './finish-job.ts'
import { nameOf } from './job-ids.ts'
import { findJob, type JobRow } from './job-store.ts'
import { noteStart } from './note-start.ts'
import { capacityOf } from './queue/capacity.ts'
import { claimSteps } from './queue/claim-steps.ts'
import { driveStep } from './step-driver.ts'
import { adoptSteps, expireLeases, listHolders, renewSteps, type StepRow } from './step-store.ts'

const leaseMs = 10_000
const sweepEveryMs = 1_000

interface Drive {
  readonly step: StepRow
  readonly lost: AbortController
  readonly cancel: AbortController
  readonly end: Promise<void>
}

/**
 * The part of the job engine that lives in one process: claims ready steps, takes over those whose engine is gone, and drives each to
 * its end. Any number of engines may run; the database decides who owns a step.
 */
export class JobEngine {
  readonly #parts: EngineParts
  #holder = ''
  readonly #drives = new Map<number, Drive>()
  #sweepAt = 0

  constructor(parts: EngineParts) {
    this.#parts = parts
  }

  loop(): Loop {
    return { name: 'jobs', channels: ['steps'], step: () => this.#step(), stop: () => this.#stop() }
  }

  async #step(): Promise<number> {
    const { ctx } = this.#parts
    if (this.#holder === '') this.#holder = await holderName('jobs', ctx.ids.base62(8))
    await this.#renew()
    if (performance.now() >= this.#sweepAt) {
      this.#sweepAt = performance.now() + sweepEveryMs
      await sweepJobs(this.#parts)
      await this.#expireDeadHolders()
    }
    const adopted = await ctx.db.transaction((tx) => adoptSteps(tx, this.#holder, leaseMs))
    const claimed = await ctx.db.transaction((tx) =>
      claimSteps(tx, this.#holder, { capacity: capacityOf(ctx), leaseMs, place: (step) => this.#placeOf(step) }),
    )
    // A step of our own whose lease ran out while we were busy is still being driven.
    for (const step of adopted) if (this.#drives.get(step.id)?.step.attempt !== step.attempt) await this.#start(step, false)
    for (const step of claimed) await this.#start(step, true)
    return claimed.length
  }

  /**
   * Waits for the drives to notice that they are to stop, while the processes they watch go on, and gives the leases back, so that
   * another engine need not wait for them to run out.
   */
  async #stop(): Promise<void> {
    for (const drive of this.#drives.values()) drive.lost.abort()
    await Promise.all([...this.#drives.values()].map((drive) => drive.end))
    await expireLeases(this.#parts.ctx.db.kysely, this.#holder).catch(() => undefined)
  }

  /** An engine of this host that was killed need not be waited for. */
  async #expireDeadHolders(): Promise<void> {
    const { kysely } = this.#parts.ctx.db
    for (const holder of await listHolders(kysely)) {
      if (holder !== this.#holder && (await isHolderGone(holder))) await expireLeases(kysely, holder)
    }
  }

  async #renew(): Promise<void> {
    const drives = [...this.#drives.values()]
    const held = await renewSteps(
      this.#parts.ctx.db.kysely,
      this.#holder,
      drives.map((drive) => drive.step),
      leaseMs,
    )
    const byId = new Map(held.map((entry) => [entry.id, entry]))
    for (const drive of drives) {
      const entry = byId.get(drive.step.id)
      if (entry?.attempt !== drive.step.attempt) drive.lost.abort()
      else if (entry.cancelRequested) drive.cancel.abort()
    }
  }

  async #start(step: StepRow, fresh: boolean): Promise<void> {
    const { ctx } = this.#parts
    const job = await findJob(ctx.db.kysely, step.job_id)
    if (job === undefined) return
    if (fresh) await ctx.db.transaction((tx) => noteStart(tx, ctx, job, step))
    const [lost, cancel] = [new AbortController(), new AbortController()]
    if (step.cancel_requested_at !== null) cancel.abort()
    const attempt = await this.#attemptOf(job, step, { lost: lost.signal, cancelled: cancel.signal })
    const end = driveStep(this.#parts, attempt)
      .then(() => finishJob(this.#parts, step.job_id))
      .catch((error: unknown) => ctx.log.warn({ err: error, step: step.id }, 'A job could not be finished yet'))
      .then(() => {
        // A newer attempt may stand under the same step by now.
        if (this.#drives.get(step.id)?.lost === lost) this.#drives.delete(step.id)
      })
    this.#drives.set(step.id, { step, lost, cancel, end })
  }

  async #attemptOf(job: JobRow, step: StepRow, signals: { lost: AbortSignal; cancelled: AbortSignal }): Promise<Attempt> {
    const resource = await this.#parts.ctx.resources.find(step.resource_id)
    const workspace = await this.#parts.ctx.resources.find(job.workspace_id)
    const { token, directory } = this.#placeOf(step)
    return {
      step,
      token,
      directory: new WorkDirectory(directory),
      workspaceId: workspace?.id ?? job.workspace_id,
      resourceId: step.resource_id,
      jobName: resource?.name ?? nameOf(step.resource_id),
      submitter: job.submitter,
      forceRerun: job.force_rerun,
      ...signals,
    }
  }

  #placeOf(step: { readonly id: number; readonly attempt: number }): { token: string; directory: string } {
    const token = tokenOf(this.#parts.ctx, step)
    return { token, directory: attemptDirectory(this.#parts.ctx, token) }
  }
}
