import { notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { WorkDirectory } from '../../kernel/processes/index.ts'
import { openInside } from '../../kernel/safe/index.ts'
import { artifactDatastore, listBlobs, openBlob } from '../storage/index.ts'
import { platformLogs, userLogs } from './attempt-files.ts'
import { workspaceIdOf } from './job-ids.ts'
import { findAttemptOf } from './step-store.ts'

/** Where the logs of a job are: in its directory while there is one, else among its artifacts. A reused step shows those of its source. */

const logFolders = [userLogs, platformLogs]

export interface LogFile {
  readonly path: string
  readonly sizeBytes: number
}

export interface LogFiles {
  /** Nothing will be added any more. */
  readonly complete: boolean
  list(): Promise<LogFile[]>
  /** @throws ResourceNotFound */
  read(path: string, offset: number, limit: number): Promise<{ bytes: Buffer; size: number }>
}

/** @returns `undefined` before the first attempt of a job, and for jobs that have none, such as pipelines */
export async function findLogFiles(ctx: Context, jobResourceId: string): Promise<LogFiles | undefined> {
  const step = await findAttemptOf(ctx.db.kysely, jobResourceId)
  if (step === undefined) return undefined
  const source = step.outcome === 'Reused' ? step.reuse_decision?.jobName : undefined
  if (source !== undefined) return findLogFiles(ctx, `${workspaceIdOf(jobResourceId)}/jobs/${source}`)
  const complete = step.state === 'Done'
  const directory = new WorkDirectory(step.directory)
  if (complete && !(await directory.exists())) return inArtifacts(ctx, jobResourceId)
  return inDirectory(directory, complete)
}

function inDirectory(directory: WorkDirectory, complete: boolean): LogFiles {
  return {
    complete,
    list: async () => (await Promise.all(logFolders.map((folder) => directory.files(folder)))).flat(),
    async read(path, offset, limit) {
      // Claimed, but its directory is not made yet.
      if (!isLogPath(path) || !(await directory.exists())) throw notFound('Log', path)
      const handle = await openInside(directory.path, path)
      try {
        const { size } = await handle.stat()
        const length = Math.max(0, Math.min(limit, size - offset))
        const buffer = Buffer.alloc(length)
        const { bytesRead } = length === 0 ? { bytesRead: 0 } : await handle.read(buffer, 0, length, offset)
        return { bytes: buffer.subarray(0, bytesRead), size }
      } finally {
        await handle.close()
      }
    },
  }
}

async function inArtifacts(ctx: Context, jobResourceId: string): Promise<LogFiles> {
  const resource = await ctx.resources.require(jobResourceId)
  const target = { workspaceId: workspaceIdOf(resource.id), datastore: artifactDatastore }
  const root = `ExperimentRun/dcid.${resource.name}/`
  return {
    complete: true,
    async list() {
      const pages = await Promise.all(logFolders.map((folder) => listBlobs(ctx, { ...target, prefix: `${root}${folder}/` })))
      return pages.flatMap((page) =>
        page.blobs.map((blob) => ({ path: blob.name.slice(root.length), sizeBytes: blob.sizeBytes })),
      )
    },
    async read(path, offset, limit) {
      if (!isLogPath(path)) throw notFound('Log', path)
      const name = `${root}${path}`
      const [blob] = (await listBlobs(ctx, { ...target, prefix: name, limit: 1 })).blobs
      if (blob?.name !== name) throw notFound('Log', path)
      const start = Math.min(offset, blob.sizeBytes)
      const { stream } = await openBlob(ctx, { ...target, name }, { start, endExclusive: start + limit })
      const parts: Buffer[] = []
      for await (const part of stream) parts.push(part as Buffer)
      return { bytes: Buffer.concat(parts), size: blob.sizeBytes }
    },
  }
}

function isLogPath(path: string): boolean {
  return logFolders.some((folder) => path.startsWith(`${folder}/`))
}
