import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'

/** Fires a schedule now; its own times stay as they are. */
export async function triggerSchedule(name: string, options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  await print(await session.client.post(`${await session.workspace()}/schedules/${name}/trigger`, {}), options)
}

/** When it fired, newest first, and which job that made. */
export async function listFires(name: string, options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const { value } = await session.client.get<{ value: unknown }>(`${await session.workspace()}/schedules/${name}/fires`)
  await print(value, options)
}

/** When it will fire. */
export async function listUpcomingFires(name: string, options: GlobalOptions & { readonly count?: string }): Promise<void> {
  const session = await openSession(options)
  const path = `${await session.workspace()}/schedules/${name}/upcomingFires`
  const { value } = await session.client.get<{ value: unknown }>(path, { query: { count: options.count } })
  await print(value, options)
}
