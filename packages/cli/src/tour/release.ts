import { AppError } from '@fulcrum/sdk'
import type { Resource } from '@fulcrum/contract'
import { OutcomeError } from '../cli-errors.ts'
import { releaseId, type Guide } from './guide.ts'
import { find, waitFor } from './wait.ts'

interface GateView {
  readonly name: string
  readonly state?: string
  readonly requiredEvidence?: readonly string[]
}

export interface GateDecision {
  readonly version: string
  readonly gate: string
  readonly approver: string
  /** Tries first, and must be refused. */
  readonly author?: string
  readonly comment: string
}

export function releasePage(guide: Guide, version: string): string {
  return guide.studio(`/releases/rg-flights-shrd/${guide.places.modelName}-${version}`)
}

/** A promotion without an approved gate must be refused. */
export async function refuseBefore(guide: Guide, version: string): Promise<void> {
  const { registry, modelName } = guide.places
  if ((await find(guide.admin, `${registry}/models/${modelName}/versions/${version}`)) !== undefined) return
  await waitForRelease(guide, version)
  await refused(guide, 'Promotion before the gate', ['GateRequired'], () => importVersion(guide, version))
}

/** The author is refused; the approver finds the gate in the inbox and approves. Repeating it changes nothing. */
export async function decideGate(guide: Guide, decision: GateDecision): Promise<void> {
  const id = releaseId(guide.places, decision.version)
  const path = `${id}/gates/${decision.gate}/decide`
  const gate = await waitForGate(guide, decision)
  if (gate.state === 'approved') return
  if (decision.author !== undefined) {
    const author = await guide.as(decision.author)
    await refused(guide, `${decision.author} approving her own model`, ['TwoPersonRule'], () =>
      author.request('POST', path, { body: { verdict: 'approve', comment: 'It is mine, and it is good.' } }),
    )
  }
  const approver = await guide.as(decision.approver)
  const inbox = await approver.get<{ value: { releaseId: string; gate: string }[] }>(
    `/subscriptions/${guide.connection.subscriptionId}/providers/Fulcrum.Delivery/inbox`,
  )
  const waiting = inbox.value.find((entry) => entry.gate === decision.gate && entry.releaseId.toLowerCase() === id.toLowerCase())
  if (waiting === undefined) throw new OutcomeError(`'${decision.approver}' does not find gate '${decision.gate}' in the inbox.`)
  await approver.request('POST', path, { body: { verdict: 'approve', comment: decision.comment } })
  guide.note(`${decision.gate} approved by ${decision.approver}: ${decision.comment}`)
}

/** The gate once it can be decided: open, and with the evidence it asks for. */
async function waitForGate(guide: Guide, { version, gate: name }: GateDecision): Promise<GateView> {
  await waitForRelease(guide, version)
  const id = releaseId(guide.places, version)
  return waitFor(guide, `Gate '${name}' of version ${version} with its evidence`, { timeoutMs: 120_000 }, async () => {
    const release = await guide.admin.get(id)
    const gates = release.properties['gates']
    const gate = Array.isArray(gates) ? (gates as GateView[]).find((entry) => entry.name === name) : undefined
    if (gate?.state === 'rejected') throw new OutcomeError(`Gate '${name}' was rejected.`)
    if (gate?.state === 'approved') return gate
    return gate?.state === 'open' && (await isEvidenced(guide, id, gate)) ? gate : undefined
  })
}

async function isEvidenced(guide: Guide, releaseResource: string, gate: GateView): Promise<boolean> {
  const kinds = new Set<unknown>()
  for await (const evidence of guide.admin.list(`${releaseResource}/evidence`)) {
    if (evidence.properties['gate'] === gate.name) kinds.add(evidence.properties['kind'])
  }
  return (gate.requiredEvidence ?? []).every((kind) => kinds.has(kind))
}

/** The release that the server proposed when the model was registered. */
async function waitForRelease(guide: Guide, version: string): Promise<Resource> {
  return waitFor(guide, `The release of version ${version}`, { timeoutMs: 120_000 }, async () => {
    const release = await find(guide.admin, releaseId(guide.places, version))
    const state = release?.properties['state']
    return release !== undefined && state !== 'collecting' ? release : undefined
  })
}

/** The robot shares the approved version with the registry: the same files by digest. */
export async function promoteToRegistry(guide: Guide, version: string): Promise<void> {
  const { registry, modelName, dev } = guide.places
  const target = `${registry}/models/${modelName}/versions/${version}`
  if ((await find(guide.admin, target)) === undefined) await importVersion(guide, version)
  const shared: Resource = await waitFor(guide, 'The shared version', { timeoutMs: 60_000, everyMs: 300 }, () =>
    find(guide.admin, target),
  )
  const source = await guide.admin.get(`${dev}/models/${modelName}/versions/${version}`)
  if (digestOf(shared) !== digestOf(source))
    throw new OutcomeError(`The registry's copy of version ${version} has another digest than the version that was approved.`)
  guide.note(`shared with registry mlr-flights by digest ${digestOf(shared).slice(0, 19)}`)
}

function digestOf(model: Resource): string {
  const properties = model.properties['properties']
  const nested = typeof properties === 'object' && properties !== null && 'digest' in properties ? properties.digest : undefined
  return String(model.properties['digest'] ?? nested ?? '')
}

async function importVersion(guide: Guide, version: string): Promise<void> {
  const { registry, modelName, dev } = guide.places
  const robot = await guide.as('ci-cd')
  await robot.post(`${registry}/import`, {
    properties: {
      referenceType: 'Id',
      destinationName: modelName,
      destinationVersion: version,
      sourceAssetId: `${dev}/models/${modelName}/versions/${version}`,
    },
  })
}

/** Does what must be refused, and says so. @throws OutcomeError when the server let it pass */
async function refused(guide: Guide, what: string, codes: readonly string[], attempt: () => Promise<unknown>): Promise<void> {
  const error = await attempt().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error === undefined) throw new OutcomeError(`${what} was not refused.`)
  if (!(error instanceof AppError) || !codes.includes(error.code)) throw error
  guide.note(`refused, as it must be: ${what} (${error.code}: ${error.message})`)
}
