import { AppError } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'
import { statesOfGates } from './gates.ts'
import { environmentOf, readGateRules, releasesOfDigest, statusOf } from './store.ts'

/**
 * The rule that no script can go around: a model digest enters an environment only when every gate up to that
 * environment is approved for this very digest. Called by the registry's import and by every deployment.
 * @throws GateRequired naming the gate and the release
 */
export async function requireGates(db: Executor, entry: { environment: string; digest: string; what: string }): Promise<void> {
  const rules = await readGateRules(db)
  const guarding = rules.filter((gate) => gate.environment === entry.environment)
  const last = guarding.at(-1)
  if (last === undefined) return
  const releases = await releasesOfDigest(db, entry.digest)
  for (const release of releases) {
    const status = statusOf(release)
    const states = statesOfGates(rules, status.gates, { digest: status.digest, ready: status.ready })
    const needed = states.filter((gate) => gate.rules.order <= last.order)
    if (needed.every((gate) => gate.state === 'approved')) return
  }
  const newest = releases[0]
  throw new AppError(
    'GateRequired',
    newest === undefined
      ? `${entry.what} has not been released: no release exists for its digest ${entry.digest}. Register the model in dev and let gate '${last.name}' decide.`
      : `${entry.what} may not enter '${entry.environment}' before gate '${last.name}' is approved in release '${newest.name}'.`,
    { target: newest?.id ?? last.name },
  )
}

/** The environment that a registry feeds: sharing needs the gates of the first environment behind it. */
export async function requireGatesForRegistry(db: Executor, entry: { digest: string; what: string }): Promise<void> {
  const first = (await readGateRules(db))[0]
  if (first !== undefined) await requireGates(db, { ...entry, environment: first.environment })
}

export async function requireGatesForDeployment(
  db: Executor,
  entry: { endpointId: string; digest: string; what: string },
): Promise<void> {
  const environment = await environmentOf(db, entry.endpointId)
  if (environment !== undefined) await requireGates(db, { environment, digest: entry.digest, what: entry.what })
}
