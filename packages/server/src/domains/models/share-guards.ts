import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'

/** A model version on its way into a registry. */
export interface ShareRequest {
  /** ARM id of the registry. */
  readonly registry: string
  /** Name and version it will have there. */
  readonly name: string
  readonly version: string
  /** Tree digest of its files; absent when no files were found. */
  readonly digest: string | undefined
  /** The version of a workspace that is shared; absent when files are put into the registry directly. */
  readonly source: StoredResource | undefined
}

/** Refuses by throwing, usually GateRequired. */
export type ShareGuard = (ctx: Context, actor: Actor, request: ShareRequest) => Promise<void>

const guards = new WeakMap<Context, ShareGuard[]>()

/** Lets a later domain decide whether a version may enter a registry; asked in the use case itself, whatever the door. */
export function registerShareGuard(ctx: Context, guard: ShareGuard): void {
  guards.set(ctx, [...(guards.get(ctx) ?? []), guard])
}

export async function checkShare(ctx: Context, actor: Actor, request: ShareRequest): Promise<void> {
  for (const guard of guards.get(ctx) ?? []) await guard(ctx, actor, request)
}
