import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { PackageVersion } from './tables.ts'

/** What was installed under a lock hash; it stays known when the environment itself is collected, since runs name it. */

const remembered = new WeakMap<Context, Set<string>>()

export async function rememberLock(
  ctx: Context,
  lock: { readonly lockHash: string; readonly pythonVersion: string | null; readonly packages: readonly PackageVersion[] },
): Promise<void> {
  const known = remembered.get(ctx) ?? new Set()
  remembered.set(ctx, known)
  if (known.has(lock.lockHash)) return
  await ctx.db.kysely
    .insertInto('environment_locks')
    .values({ lock_hash: lock.lockHash, python_version: lock.pythonVersion, packages: JSON.stringify(lock.packages) })
    .onConflict((conflict) => conflict.column('lock_hash').doNothing())
    .execute()
  known.add(lock.lockHash)
}

/** The packages of an environment, whether it is still there or not. */
export async function packagesOfLock(db: Executor, lockHash: string): Promise<readonly PackageVersion[]> {
  const row = await db.selectFrom('environment_locks').select('packages').where('lock_hash', '=', lockHash).executeTakeFirst()
  return row?.packages ?? []
}
