import { createHash } from 'node:crypto'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import { sql } from 'kysely'
import { hostPythons, rememberLock, type BuiltEnvironment } from '../environments/index.ts'
import type { Context } from '../../context.ts'
import { platformLogs } from './attempt-files.ts'
import { Batcher } from './batcher.ts'
import type { Attempt, EngineParts } from './engine-types.ts'
import type { ExecutionRecord } from './execution-types.ts'

/** What an attempt was really run with, recorded before its program starts: interpreter, packages, how inputs and outputs were given. */

/** Name of the file beside the logs that can be given to pip: the exact versions of a run. */
const packagesFile = `${platformLogs}/21_environment.txt`

interface AddedRecord {
  readonly attempt: Attempt
  readonly record: ExecutionRecord
}

const batchers = new WeakMap<Context, Batcher<AddedRecord, void>>()

/** Adds to the record of an attempt; those of attempts that are prepared at the same time go together. */
export function recordExecution({ ctx }: EngineParts, attempt: Attempt, record: ExecutionRecord): Promise<void> {
  const batcher = batchers.get(ctx) ?? new Batcher<AddedRecord, void>((added) => writeRecords(ctx, added))
  batchers.set(ctx, batcher)
  return batcher.add({ attempt, record })
}

/** An attempt waits for each of its records, so none is in a batch twice. */
async function writeRecords(ctx: Context, added: readonly AddedRecord[]): Promise<void[]> {
  const steps = added.map(({ attempt }) => attempt.step.id)
  const attempts = added.map(({ attempt }) => attempt.step.attempt)
  const records = added.map(({ record }) => JSON.stringify(record))
  await sql`update attempts set execution = coalesce(execution, '{}'::jsonb) || added.record::jsonb
    from unnest(${steps}::bigint[], ${attempts}::int[], ${records}::text[]) added(step_id, attempt, record)
    where attempts.step_id = added.step_id and attempts.attempt = added.attempt`.execute(ctx.db.kysely)
  return added.map(() => undefined)
}

/** Records the environment of a step as soon as it is known: from then on it is in use and is not collected. */
export async function recordEnvironment(parts: EngineParts, attempt: Attempt, environment: BuiltEnvironment): Promise<void> {
  const { lockHash, python, pythonVersion, packages } = environment
  const reference = attempt.step.spec.environmentId ?? null
  await rememberLock(parts.ctx, { lockHash, pythonVersion, packages })
  await recordExecution(parts, attempt, { environment: { reference, lockHash, python, pythonVersion } })
  const head = [`# Python ${pythonVersion ?? ''}: ${python}`, `# environment: ${reference ?? ''}`, `# lock: ${lockHash}`]
  const lines = [...head, ...packages.map(({ name, version }) => `${name}==${version}`)]
  await attempt.directory.writeText(packagesFile, `${lines.join('\n')}\n`)
}

/** The record of a step without an environment: it runs with the host's own Python. */
export async function hostRecord(ctx: Context): Promise<Pick<ExecutionRecord, 'environment'>> {
  const { packages, ...environment } = await hostEnvironment(ctx)
  await rememberLock(ctx, { ...environment, packages })
  return { environment }
}

async function hostEnvironment(ctx: Context) {
  const { host, own } = await hostPythons(ctx)
  const packages = host?.packages ?? []
  const python = host?.executable ?? ctx.config.pythonExecutable
  const pythonVersion = host?.version ?? own
  const lockHash = createHash('sha256').update(canonicalJson({ python, pythonVersion, packages })).digest('hex').slice(0, 32)
  return { reference: null, lockHash, python, pythonVersion, packages }
}

/** Lock hashes of the environments of attempts that have not ended. */
export async function environmentsInUse(ctx: Context): Promise<string[]> {
  const rows = await ctx.db.kysely
    .selectFrom('attempts')
    .select(sql<string | null>`execution #>> '{environment,lockHash}'`.as('hash'))
    .where('ended_at', 'is', null)
    .where('execution', 'is not', null)
    .execute()
  return rows.flatMap(({ hash }) => (hash === null ? [] : [hash]))
}
