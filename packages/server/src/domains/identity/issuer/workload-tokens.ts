import { conflict, unauthenticated } from '@fulcrum/contract'
import { jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { sql } from 'kysely'
import type { Context } from '../../../context.ts'
import { actorOfPrincipal, type Actor } from '../../../kernel/auth/index.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { servedHosts } from '../../../kernel/tls/index.ts'
import { SigningKeys, signingAlgorithm } from './signing-keys.ts'

const maximumLifetimeMs = 15 * 60_000
const clockSkewSeconds = 60
const maximumTokenLength = 16_384

export interface WorkloadTokenDraft {
  /** `sub`, e.g. `ws:<workspace id>:job:<name>:<attempt>`. */
  readonly subject: string
  /** `aud`, exactly as the client asked for it: Azure's SDKs compare it by character. */
  readonly audience: string
  /** The principal whose rights the workload has. */
  readonly principalId: string
  /** At most 15 minutes. */
  readonly lifetimeMs: number
  /** Id of the job or deployment that holds the token. */
  readonly boundTo?: string
  /** Credential that asked for the token: with it the token dies. */
  readonly credentialId?: string
  readonly scopes?: readonly string[]
  /** `iss`; default {@link issuerOf}. */
  readonly issuer?: string
  /** Claims that other programs read and we do not; they cannot replace ours. */
  readonly claims?: Readonly<Record<string, string>>
}

export interface WorkloadToken {
  readonly token: string
  readonly expiresAt: Date
}

/** The `iss` of our tokens and base of the discovery document. */
export function issuerOf(ctx: Context): string {
  const { host, port } = ctx.config.http
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

const azureAudience = /^https:\/\/(?:management\.azure\.com|management\.core\.windows\.net|ml\.azure\.[a-z.]*)\/*$/i

/** Audiences for which our own API accepts a token: Azure's resource manager and ML names, and our own addresses. */
function isOurAudience(ctx: Context, audience: string): boolean {
  return audience === 'fulcrum' || azureAudience.test(audience) || isOurAddress(ctx, audience)
}

/** Whether a URL leads to this instance, under whatever of its names and ports. */
export function isOurAddress(ctx: Context, url: string): boolean {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return false
  const name = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return servedHosts(ctx.config).includes(name)
}

/** Issues and verifies the JWTs of workloads. */
export class WorkloadTokens {
  readonly #ctx: Context
  readonly keys: SigningKeys

  constructor(ctx: Context) {
    this.#ctx = ctx
    this.keys = new SigningKeys(ctx)
  }

  async mint(draft: WorkloadTokenDraft): Promise<WorkloadToken> {
    const { db, clock, ids, config } = this.#ctx
    if (draft.lifetimeMs <= 0 || draft.lifetimeMs > maximumLifetimeMs)
      throw new RangeError(`A workload token lives at most ${maximumLifetimeMs} ms.`)
    const principal = await db.kysely
      .selectFrom('principals')
      .select(['id', 'epoch', 'application_id'])
      .where('id', '=', draft.principalId)
      .where('enabled', '=', true)
      .executeTakeFirst()
    if (principal === undefined) throw conflict(`Principal '${draft.principalId}' is gone or disabled.`)
    const { kid, privateKey } = await this.keys.signingKey()
    const now = Math.floor(clock.now().getTime() / 1000)
    const expiresAt = now + Math.floor(draft.lifetimeMs / 1000)
    const token = await new SignJWT({
      ...draft.claims,
      oid: principal.id,
      tid: config.tenantId,
      epoch: principal.epoch,
      ...(principal.application_id === null ? {} : { appid: principal.application_id }),
      ...(draft.boundTo === undefined ? {} : { bound_to: draft.boundTo }),
      ...(draft.credentialId === undefined ? {} : { cid: draft.credentialId }),
      ...(draft.scopes === undefined ? {} : { actions: draft.scopes }),
    })
      .setProtectedHeader({ alg: signingAlgorithm, typ: 'JWT', kid })
      .setIssuer(draft.issuer ?? issuerOf(this.#ctx))
      .setSubject(draft.subject)
      .setAudience(draft.audience)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(expiresAt)
      .setJti(ids.uuid())
      .sign(privateKey)
    return { token, expiresAt: new Date(expiresAt * 1000) }
  }

  /** The actor of a token of ours. @throws InvalidAuthenticationToken for every reason alike */
  async verify(jwt: string): Promise<Actor> {
    if (jwt.length > maximumTokenLength) throw unauthenticated()
    const payload = await this.#payloadOf(jwt)
    const { oid, epoch, cid, bound_to: boundTo, actions } = payload
    if (typeof oid !== 'string' || typeof epoch !== 'number') throw unauthenticated()
    const db = this.#ctx.db.kysely
    const actor = await actorOfPrincipal(db, oid)
    if (actor === undefined || !(await isCurrent(db, { oid, epoch, cid, now: this.#ctx.clock.now() }))) throw unauthenticated()
    return {
      ...actor,
      ...(typeof cid === 'string' ? { credentialId: cid } : {}),
      ...(typeof boundTo === 'string' ? { boundTo } : {}),
      ...(Array.isArray(actions) ? { tokenScopes: actions.map(String) } : {}),
    }
  }

  /** Only ES256, only our own keys by exact `kid`; what the header says about keys (`jku`, `x5u`, `jwk`) is not looked at. */
  async #payloadOf(jwt: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(
        jwt,
        async ({ kid }) => {
          const key = kid === undefined ? undefined : await this.keys.publicKey(kid)
          if (key === undefined) throw unauthenticated()
          return key
        },
        {
          algorithms: [signingAlgorithm],
          typ: 'JWT',
          requiredClaims: ['sub', 'exp', 'nbf', 'iat', 'jti'],
          clockTolerance: clockSkewSeconds,
          currentDate: this.#ctx.clock.now(),
        },
      )
      const { iss, aud } = payload
      if (iss === undefined || !isOurAddress(this.#ctx, iss)) throw unauthenticated()
      if (typeof aud !== 'string' || !isOurAudience(this.#ctx, aud)) throw unauthenticated()
      return payload
    } catch (error) {
      if (isDatabaseTrouble(error)) throw error
      throw unauthenticated()
    }
  }
}

/** An outage of the store is no verdict about the token. */
function isDatabaseTrouble(error: unknown): boolean {
  return error instanceof Error && error.name === 'DatabaseUnavailableError'
}

/** Same epoch as when it was signed, and the credential it came from still lives. */
async function isCurrent(db: Executor, claims: { oid: string; epoch: number; cid: unknown; now: Date }): Promise<boolean> {
  const credential = typeof claims.cid === 'string' ? claims.cid : null
  const result = await sql<{ current: boolean }>`select p.epoch = ${claims.epoch} and (${credential}::text is null or exists (
      select 1 from credentials c where c.id = ${credential} and c.revoked_at is null and c.expires_at > ${claims.now})) as current
    from principals p where p.id = ${claims.oid}`.execute(db)
  return result.rows[0]?.current === true
}
