import { AppError } from '@fulcrum/contract'
import type { Executor } from '../db/schema.ts'

const lockType = 'microsoft.authorization/locks'

/** The id itself and everything above it, lower case: resources, group, subscription. */
export function scopesAbove(id: string): string[] {
  const scopes: string[] = []
  const parts = id.toLowerCase().split('/')
  for (let end = parts.length; end >= 3; end -= 1) {
    const last = parts[end - 2]
    if (last !== 'providers') scopes.push(parts.slice(0, end).join('/'))
  }
  return scopes
}

/** Refuses a write or deletion under a lock (`ReadOnly` forbids both, `CanNotDelete` forbids deletion). Control plane only. */
export async function refuseIfLocked(db: Executor, id: string, change: 'write' | 'delete'): Promise<void> {
  // A lock does not guard locks: two of them on one scope could never be removed.
  if (id.toLowerCase().includes(`/providers/${lockType}/`)) return
  const locks = await db
    .selectFrom('resources')
    .select(['display_id', 'properties'])
    .where('type', '=', lockType)
    .where('parent_id', 'in', scopesAbove(id))
    .execute()
  const blocking = locks.find((lock) => change === 'delete' || String(lock.properties['level']).toLowerCase() === 'readonly')
  if (blocking === undefined) return
  throw new AppError(
    'ScopeLocked',
    `The scope '${id}' cannot perform '${change}' because of the lock '${blocking.display_id}'. Remove the lock first.`,
    {
      target: blocking.display_id,
    },
  )
}
