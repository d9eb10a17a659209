import { sql } from 'kysely'
import { systemActor } from '../../packages/server/src/kernel/auth/index.ts'
import { cancelJob } from '../../packages/server/src/domains/jobs/cancel.ts'
import { submitJob } from '../../packages/server/src/domains/jobs/submit.ts'
import { since, type CpuTime } from './cpu.ts'
import { countStatements, takeStatements } from './count-statements.ts'
import { startEnginePlatform, type EnginePlatform } from './engine-platform.ts'
import { chain, layers, pipeline, type Nodes } from './graphs.ts'
import { quantile, say } from './report.ts'

/** Steps whose process ends at once: what the engine itself costs. */
/** A pipeline of 30,000 steps: how long its submission takes. */
export async function bigSubmission(): Promise<void> {
  await using platform = await startEnginePlatform({ slots: 1 })
  const { ctx, workspaceId } = platform
  for (const depth of [3, 300]) {
    const body = pipeline(layers('big', { depth, width: 100, needs: 3 }))
    const cpu = await platform.cpu()
    const from = performance.now()
    await submitJob(ctx, systemActor, { workspaceId, name: `big-${depth}`, body })
    say(
      `${depth * 100} steps, ${(depth - 1) * 300} edges: accepted in ${(performance.now() - from).toFixed(0)} ms, ${used(since(cpu, await platform.cpu()))}`,
    )
    await cancelJob(ctx, systemActor, `${workspaceId}/jobs/big-${depth}`)
  }
}

export async function engineOnly(): Promise<void> {
  const sizes = { chain: numberOf('CHAIN', 500), width: numberOf('WIDTH', 100), depth: numberOf('DEPTH', 30) }
  countStatements()
  await using platform = await startEnginePlatform({ slots: numberOf('SLOTS', 32) })
  await runOne(platform, 'warm-up', layers('warm-up', { depth: 3, width: 20, needs: 1 }))
  if (sizes.chain > 0) await runOne(platform, `chain of ${sizes.chain}`, chain('chain', sizes.chain))
  if (sizes.depth > 0)
    await runOne(platform, `${sizes.depth} layers of ${sizes.width}, 3 inputs each`, layers('layers', { ...sizes, needs: 3 }))
}

async function runOne(platform: EnginePlatform, title: string, nodes: Nodes): Promise<void> {
  const { ctx, workspaceId } = platform
  const name = `bench-${ctx.ids.base62(8).toLowerCase()}`
  takeStatements()
  const cpu = await platform.cpu()
  const from = performance.now()
  await submitJob(ctx, systemActor, { workspaceId, name, body: pipeline(nodes) })
  const acceptedMs = performance.now() - from
  const job = await ctx.db.kysely
    .selectFrom('jobs')
    .select('id')
    .where('resource_id', 'like', `%/jobs/${name}`)
    .executeTakeFirstOrThrow()
  const ended = await untilEnded(platform, job.id)
  const spent = since(cpu, await platform.cpu())
  const count = Object.keys(nodes).length
  const statements = takeStatements()
  const perStep = await gaps(platform, job.id)
  say(
    `${title}: ${count} steps accepted in ${acceptedMs.toFixed(0)} ms, run in ${ended.toFixed(0)} ms, ${(count / (ended / 1000)).toFixed(0)} steps/s, ` +
      `${used(spent, count)} each, ` +
      `${(statements.total / count).toFixed(1)} statements/step, ` +
      `ready→done p50 ${quantile(perStep, 0.5).toFixed(1)} ms p95 ${quantile(perStep, 0.95).toFixed(1)} ms`,
  )
  if (process.env['STATEMENTS'] === '1')
    for (const [text, { count: times, waitedMs }] of statements.byText.slice(0, 40))
      say(`  ${(waitedMs / count).toFixed(2)} ms, ${(times / count).toFixed(2)} times: ${text}`)
}

function used({ nodeMs, postgresMs }: CpuTime, count = 1): string {
  return `CPU ${(nodeMs / count).toFixed(2)} ms Node + ${(postgresMs / count).toFixed(2)} ms PostgreSQL`
}

async function untilEnded({ ctx }: EnginePlatform, jobId: number): Promise<number> {
  for (;;) {
    const row = await sql<{
      ms: number | null
    }>`select (extract(epoch from (ended_at - created_at)) * 1000)::float as ms from jobs where id = ${jobId}`.execute(
      ctx.db.kysely,
    )
    const ms = row.rows[0]?.ms
    if (ms !== null && ms !== undefined) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const failed = await sql<{
    n: number
  }>`select count(*)::int as n from steps where job_id = ${jobId} and outcome <> 'Completed'`.execute(ctx.db.kysely)
  if (failed.rows[0]?.n !== 0) throw new Error(`${failed.rows[0]?.n} steps did not complete`)
  const span = await sql<{
    ms: number
  }>`select (extract(epoch from (max(at) - min(at))) * 1000)::float as ms from job_events where job_id = ${jobId}`.execute(
    ctx.db.kysely,
  )
  return span.rows[0]?.ms ?? Number.NaN
}

/** From the moment a step could start to its end, in ms. */
async function gaps({ ctx }: EnginePlatform, jobId: number): Promise<number[]> {
  const rows = await sql<{
    ms: number
  }>`select (extract(epoch from (max(at) filter (where to_state = 'Completed') - min(at))) * 1000)::float as ms
    from job_events where job_id = ${jobId} and step_id is not null group by step_id`.execute(ctx.db.kysely)
  return rows.rows.map((row) => row.ms)
}

function numberOf(name: string, fallback: number): number {
  const text = process.env[name]
  return text === undefined ? fallback : Number(text)
}
