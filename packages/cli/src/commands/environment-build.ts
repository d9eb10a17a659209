import type { EnvironmentBuild, EnvironmentCollection } from '@fulcrum/contract'
import type { Client } from '@fulcrum/sdk'
import { OutcomeError, UsageError } from '../cli-errors.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'

/** Removes environments that were not used for longest. */
export async function collectEnvironments(options: GlobalOptions & { limitGb?: string; dryRun?: boolean }): Promise<void> {
  const { client, subscriptionId } = await openSession(options)
  const limitGb = options.limitGb === undefined ? undefined : Number(options.limitGb)
  if (limitGb !== undefined && !(limitGb >= 0)) throw new UsageError(`'${options.limitGb}' is no size in GB.`)
  const found = await client.post<EnvironmentCollection>(
    `/subscriptions/${subscriptionId}/providers/Fulcrum.Environments/collect`,
    { limitGb: limitGb ?? null, dryRun: options.dryRun === true },
  )
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`
  process.stderr.write(
    `${found.removed.length} environments ${options.dryRun === true ? 'would be removed' : 'were removed'}, ${found.kept} stay: ${gigabytes(found.bytesBefore)} before, ${gigabytes(found.bytesAfter)} after\n`,
  )
  await print(found.removed, options)
}

/** Builds an environment now instead of with its first job. @throws OutcomeError when it cannot be built */
export async function buildEnvironment(
  name: string,
  options: GlobalOptions & { version?: string; stream?: boolean },
): Promise<void> {
  const { client, workspace } = await openSession(options)
  const item = `${await workspace()}/environments/${encodeURIComponent(name)}`
  const path = `${item}/versions/${encodeURIComponent(options.version ?? (await newest(client, item)))}`
  const from = await endOfLog(client, path)
  const started = await client.request('POST', `${path}/build`, { body: {} })
  const build = { ended: false }
  const end = client.wait(started).finally(() => (build.ended = true))
  // A failure is told below, with what the build itself says.
  const [failure] = await Promise.all([
    end.then(
      () => undefined,
      (error: unknown) => error,
    ),
    options.stream === true ? streamLog(client, path, from, build) : undefined,
  ])
  const result = await client.get<EnvironmentBuild>(`${path}/build`)
  if (failure !== undefined) throw failedBuild(name, result, failure)
  const { logTail: _logTail, ...shown } = result
  if (options.stream === true)
    process.stderr.write(`${name}: ${result.state}${result.cached === true ? ', from the cache' : ''}\n`)
  else await print(shown, options)
}

function failedBuild(name: string, result: EnvironmentBuild, failure: unknown): unknown {
  if (result.state !== 'Failed') return failure
  return new OutcomeError(`Environment '${name}' could not be built: ${result.error ?? 'see its log'}`)
}

interface LogPart {
  readonly content: string
  readonly nextOffset: number
}

const readLog = (client: Client, path: string, offset: number): Promise<LogPart> =>
  client.get<LogPart>(`${path}/buildLog`, { query: { offset } })

/** Builds of one definition append to one log; what earlier ones wrote is not shown again. */
async function endOfLog(client: Client, path: string): Promise<number> {
  for (let offset = 0; ;) {
    const { content, nextOffset } = await readLog(client, path, offset)
    if (content === '') return offset
    offset = nextOffset
  }
}

async function streamLog(client: Client, path: string, from: number, build: { readonly ended: boolean }): Promise<void> {
  for (let offset = from; ;) {
    const last = build.ended
    const { content, nextOffset } = await readLog(client, path, offset)
    process.stdout.write(content)
    offset = nextOffset
    if (content !== '') continue
    if (last) return
    await client.delay(500)
  }
}

async function newest(client: Client, item: string): Promise<string> {
  for await (const version of client.list(`${item}/versions`, { query: { $orderBy: 'createdtime desc', $top: 1 } }))
    return version.name
  throw new UsageError(`Environment '${item.slice(item.lastIndexOf('/') + 1)}' has no version.`)
}
