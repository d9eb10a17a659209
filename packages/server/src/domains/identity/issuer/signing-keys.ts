import { exportJWK, exportPKCS8, generateKeyPair, importJWK, importPKCS8, type CryptoKey, type JWK } from 'jose'
import { sql, type Selectable } from 'kysely'
import type { Context } from '../../../context.ts'
import { openWithRoot, sealWithRoot } from '../../../kernel/secrets/index.ts'
import type { SigningKeysTable } from '../../../kernel/tables.ts'

export const signingAlgorithm = 'ES256'
const rotateAfterMs = 90 * 86_400_000
/** A retired key stays published until nothing it signed can still be valid, with a day to spare for caches. */
const publishAfterRetirementMs = 86_400_000
const keyCreationLock = 7_180_010

interface SigningKey {
  readonly kid: string
  readonly privateKey: CryptoKey
}

/** The platform's ES256 keys: the newest signs, recent ones verify. Private parts are stored under the root key. */
export class SigningKeys {
  readonly #ctx: Context
  readonly #publicKeys = new Map<string, CryptoKey | Uint8Array>()
  #signing: { readonly key: SigningKey; readonly createdAtMs: number } | undefined

  constructor(ctx: Context) {
    this.#ctx = ctx
  }

  /** The key to sign with; a new one is made when there is none or the newest is 90 days old. */
  async signingKey(): Promise<SigningKey> {
    const now = this.#ctx.clock.now().getTime()
    if (this.#signing !== undefined && now - this.#signing.createdAtMs < rotateAfterMs) return this.#signing.key
    const row = await this.#newestOrCreated()
    const pem = openWithRoot(this.#ctx.rootKey, row.private_sealed, sealContext(row.kid)).toString('utf8')
    const key = { kid: row.kid, privateKey: await importPKCS8(pem, signingAlgorithm) }
    this.#signing = { key, createdAtMs: row.created_at.getTime() }
    return key
  }

  /** The public key of exactly this id. @returns `undefined` when it is none of ours or no longer published */
  async publicKey(kid: string): Promise<CryptoKey | Uint8Array | undefined> {
    const known = this.#publicKeys.get(kid)
    if (known !== undefined) return known
    const row = await this.#ctx.db.kysely.selectFrom('signing_keys').selectAll().where('kid', '=', kid).executeTakeFirst()
    if (row === undefined) return undefined
    const key = await importJWK(row.public_jwk as JWK, signingAlgorithm)
    this.#publicKeys.set(kid, key)
    return key
  }

  /** RFC 7517 key set: the signing key and those retired a short while ago, newest first. */
  async keySet(): Promise<{ keys: JWK[] }> {
    await this.signingKey()
    const oldest = new Date(this.#ctx.clock.now().getTime() - rotateAfterMs - publishAfterRetirementMs)
    const rows = await this.#ctx.db.kysely
      .selectFrom('signing_keys')
      .selectAll()
      .where('created_at', '>', oldest)
      .orderBy('created_at', 'desc')
      .execute()
    return { keys: rows.map((row) => ({ ...(row.public_jwk as JWK), kid: row.kid, alg: row.algorithm, use: 'sig' })) }
  }

  async #newestOrCreated(): Promise<Selectable<SigningKeysTable>> {
    const { db, clock, ids, rootKey } = this.#ctx
    return db.transaction(async (tx) => {
      await sql`select pg_advisory_xact_lock(${keyCreationLock})`.execute(tx)
      const newest = await tx.selectFrom('signing_keys').selectAll().orderBy('created_at', 'desc').limit(1).executeTakeFirst()
      if (newest !== undefined && clock.now().getTime() - newest.created_at.getTime() < rotateAfterMs) return newest
      const pair = await generateKeyPair(signingAlgorithm, { extractable: true })
      const kid = ids.base62(16)
      return tx
        .insertInto('signing_keys')
        .values({
          kid,
          algorithm: signingAlgorithm,
          public_jwk: JSON.stringify(await exportJWK(pair.publicKey)),
          private_sealed: sealWithRoot(rootKey, Buffer.from(await exportPKCS8(pair.privateKey)), sealContext(kid)),
          created_at: clock.now(),
        })
        .returningAll()
        .executeTakeFirstOrThrow()
    })
  }
}

function sealContext(kid: string): readonly string[] {
  return ['signing-key', kid]
}
