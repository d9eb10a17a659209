import { isAppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Loop } from '../../domain.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { holderName, isHolderGone, WorkDirectory } from '../../kernel/processes/index.ts'
import { attemptDirectory, tokenOf } from './attempt-files.ts'
import { Batcher } from './batcher.ts'
import type { DriverParts } from './driver-parts.ts'
import type { Attempt, StepProcesses } from './engine-types.ts'
import { finishJob, sweepJobs } from './finish-job.ts'
import { loadOwners, type StepOwner } from './job-store.ts'
import { noteStarts } from './note-start.ts'
import { capacityOf } from './queue/capacity.ts'
import { claimSteps } from './queue/claim-steps.ts'
import { watchQueue } from './queue/watch-queue.ts'
import { runIdentities } from './run-identity.ts'
import { driveStep } from './step-driver.ts'
import { StepLedger } from './step-ledger.ts'
import { stepReads } from './step-reads.ts'
import { adoptSteps, expireLeases, listHolders, renewSteps, type StepRow } from './step-store.ts'

const leaseMs = 10_000
const sweepEveryMs = 1_000
/** Notifications come with each batch of ends; leases, cancel flags and left-over steps need not be looked at that often. */
const renewEveryMs = 200

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
  readonly #parts: DriverParts
  readonly #ends: Batcher<number, void>
  #holder = ''
  readonly #drives = new Map<number, Drive>()
  #sweepAt = 0
  #renewAt = 0

  constructor({ ctx, processes }: { readonly ctx: Context; readonly processes: StepProcesses }) {
    this.#parts = { ctx, processes, ledger: new StepLedger(ctx), identities: runIdentities(ctx), reads: stepReads(ctx) }
    this.#ends = new Batcher((jobIds) => this.#finish(jobIds))
  }

  loop(): Loop {
    return { name: 'jobs', channels: ['steps'], step: () => this.#step(), stop: () => this.#stop() }
  }

  async #step(): Promise<number> {
    const { ctx } = this.#parts
    if (this.#holder === '') this.#holder = await holderName('jobs', ctx.ids.base62(8))
    if (performance.now() >= this.#sweepAt) {
      this.#sweepAt = performance.now() + sweepEveryMs
      await sweepJobs(this.#parts)
      // What people are told must not keep jobs from starting.
      await watchQueue(this.#parts).catch((error: unknown) => ctx.log.warn({ err: error }, 'The queue could not be looked at'))
      await this.#expireDeadHolders()
    }
    if (performance.now() >= this.#renewAt) {
      this.#renewAt = performance.now() + renewEveryMs
      await this.#renew()
      await this.#adopt()
    }
    return this.#claim()
  }

  async #claim(): Promise<number> {
    const { ctx } = this.#parts
    const owned = await this.#claimAnd((tx, owners) => noteStarts(tx, ctx, owners)).catch((error: unknown) => {
      if (!isAppError(error)) throw error
      // A pipeline whose run cannot be made must not keep the others waiting; its steps meet the same trouble and say so.
      ctx.log.warn({ err: error }, 'The start of a job could not be noted')
      return this.#claimAnd(async () => undefined)
    })
    for (const owner of owned) this.#start(owner)
    // A claim takes all that there is room for; whatever makes room or work says so.
    return 0
  }

  #claimAnd(note: (tx: Executor, owners: readonly StepOwner[]) => Promise<void>): Promise<StepOwner[]> {
    const { ctx } = this.#parts
    return ctx.db.transaction(async (tx) => {
      const place = (step: { readonly id: number; readonly attempt: number }) => this.#placeOf(step)
      const claimed = await claimSteps(tx, this.#holder, { capacity: capacityOf(ctx), leaseMs, place })
      const owners = await loadOwners(tx, claimed)
      if (owners.length > 0) await note(tx, owners)
      return owners
    })
  }

  async #adopt(): Promise<void> {
    const { db } = this.#parts.ctx
    const adopted = await adoptSteps(db.kysely, this.#holder, leaseMs)
    // A step of our own whose lease ran out while we were busy is still being driven.
    const orphans = adopted.filter((step) => this.#drives.get(step.id)?.step.attempt !== step.attempt)
    for (const owner of await loadOwners(db.kysely, orphans)) this.#start(owner)
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

  #start(owner: StepOwner): void {
    const { ctx } = this.#parts
    const { step } = owner
    const [lost, cancel] = [new AbortController(), new AbortController()]
    if (step.cancel_requested_at !== null) cancel.abort()
    const attempt = this.#attemptOf(owner, { lost: lost.signal, cancelled: cancel.signal })
    const end = driveStep(this.#parts, attempt)
      .then(() => this.#ends.add(step.job_id))
      .catch((error: unknown) => ctx.log.warn({ err: error, step: step.id }, 'A job could not be finished yet'))
      .then(() => {
        // A newer attempt may stand under the same step by now.
        if (this.#drives.get(step.id)?.lost === lost) this.#drives.delete(step.id)
      })
    this.#drives.set(step.id, { step, lost, cancel, end })
  }

  async #finish(jobIds: readonly number[]): Promise<void[]> {
    for (const jobId of new Set(jobIds)) await finishJob(this.#parts, jobId)
    return jobIds.map(() => undefined)
  }

  #attemptOf({ step, job, jobName, workspaceId }: StepOwner, signals: Pick<Attempt, 'lost' | 'cancelled'>): Attempt {
    const { token, directory } = this.#placeOf(step)
    return {
      step,
      token,
      directory: new WorkDirectory(directory),
      workspaceId,
      resourceId: step.resource_id,
      jobName,
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
