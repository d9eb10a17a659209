import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'

/** A deployment that somebody wants to create or change. */
export interface DeploymentRequest {
  readonly actor: Actor
  readonly endpointId: string
  readonly deploymentName: string
  /** Tree digest of the model's files; `(none)` for a deployment without a model. */
  readonly digest: string
  /** For messages: `Model 'churn' version '3'`. */
  readonly what: string
}

/** Throws (GateRequired) when the deployment may not be. */
export type DeploymentGuard = (tx: Executor, request: DeploymentRequest) => Promise<void>

const guards = new WeakMap<Context, DeploymentGuard[]>()

/** Adds a rule that every write of a deployment must pass, in the transaction of the write. */
export function registerDeploymentGuard(ctx: Context, guard: DeploymentGuard): void {
  guards.set(ctx, [...(guards.get(ctx) ?? []), guard])
}

export async function passGuards(ctx: Context, tx: Executor, request: DeploymentRequest): Promise<void> {
  for (const guard of guards.get(ctx) ?? []) await guard(tx, request)
}
