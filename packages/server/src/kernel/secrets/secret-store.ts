import './tables.ts'
import { notFound } from '@fulcrum/contract'
import type { Clock } from '../clock.ts'
import type { Executor } from '../db/schema.ts'
import { createKey, type Key, open, seal, SealBrokenError, unwrapKey, wrapKey } from './envelope.ts'
import type { RootKey } from './root-key.ts'

export interface SecretReference {
  /** What owns the secret: a resource id or a workspace's GUID. Compared byte for byte, so pass the canonical form. */
  readonly scope: string
  readonly name: string
  /** The latest when absent. */
  readonly version?: number
}

export interface SecretValue {
  readonly version: number
  readonly value: Buffer
}

interface ScopeKey {
  readonly version: number
  readonly key: Key
}

/**
 * Secrets under envelope encryption. Every version has a data key of its own, wrapped by its scope's key, wrapped by the root key.
 * Scope, name and version are authenticated: a row copied elsewhere does not open. Pass a transaction where the secret must appear
 * together with other changes.
 */
export class SecretStore {
  readonly #root: RootKey
  readonly #clock: Clock

  constructor(root: RootKey, clock: Clock) {
    this.#root = root
    this.#clock = clock
  }

  /** Adds a version, 1 for a new name; a name that was deleted continues its numbers. @returns the new version */
  async put(tx: Executor, input: { scope: string; name: string; value: Uint8Array | string }): Promise<number> {
    const { scope, name } = input
    const scopeKey = await this.#scopeKeyForWriting(tx, scope)
    const { latest_version: version } = await tx
      .insertInto('secrets')
      .values({ scope, name, latest_version: 1, deleted_at: null })
      .onConflict((row) =>
        row
          .columns(['scope', 'name'])
          .doUpdateSet(({ eb, ref }) => ({ latest_version: eb(ref('secrets.latest_version'), '+', 1), deleted_at: null })),
      )
      .returning('latest_version')
      .executeTakeFirstOrThrow()
    const dataKey = createKey()
    const context = secretContext(scope, name, version)
    await tx
      .insertInto('secret_versions')
      .values({
        scope,
        name,
        version,
        scope_key_version: scopeKey.version,
        wrapped_key: wrapKey(scopeKey.key, dataKey, context),
        sealed_value: seal(dataKey, Buffer.from(input.value), context),
        created_at: this.#clock.now(),
      })
      .execute()
    return version
  }

  /** @throws ResourceNotFound no such secret or version · SealBrokenError the row was altered or moved, or the root key is another */
  async get(tx: Executor, reference: SecretReference): Promise<SecretValue> {
    const { scope, name } = reference
    const row = await tx
      .selectFrom('secret_versions')
      .innerJoin('secrets', (join) =>
        join.onRef('secrets.scope', '=', 'secret_versions.scope').onRef('secrets.name', '=', 'secret_versions.name'),
      )
      .innerJoin('scope_keys', 'scope_keys.scope', 'secret_versions.scope')
      .select([
        'secret_versions.version',
        'secret_versions.wrapped_key',
        'secret_versions.sealed_value',
        'secret_versions.scope_key_version',
        'scope_keys.version as current_key_version',
        'scope_keys.wrapped_key as wrapped_scope_key',
        'scope_keys.root_key_id',
      ])
      .where('secret_versions.scope', '=', scope)
      .where('secret_versions.name', '=', name)
      .where((eb) =>
        reference.version === undefined
          ? eb('secret_versions.version', '=', eb.ref('secrets.latest_version'))
          : eb('secret_versions.version', '=', reference.version),
      )
      .executeTakeFirst()
    if (row === undefined) {
      throw notFound('Secret', reference.version === undefined ? name : `${name}:${reference.version}`)
    }
    const context = secretContext(scope, name, row.version)
    if (row.scope_key_version !== row.current_key_version) throw new SealBrokenError(context)
    const scopeKey = this.#unwrapScopeKey(scope, {
      version: row.current_key_version,
      wrapped_key: row.wrapped_scope_key,
      root_key_id: row.root_key_id,
    })
    const dataKey = unwrapKey(scopeKey.key, row.wrapped_key, context)
    return { version: row.version, value: open(dataKey, row.sealed_value, context) }
  }

  /** Names and latest versions in the scope, by name; never values. */
  async listNames(tx: Executor, scope: string): Promise<{ name: string; latestVersion: number }[]> {
    return tx
      .selectFrom('secrets')
      .select(['name', 'latest_version as latestVersion'])
      .where('scope', '=', scope)
      .where('deleted_at', 'is', null)
      .orderBy('name')
      .execute()
  }

  /** Destroys every version of a secret; false when there was none. */
  async delete(tx: Executor, input: { scope: string; name: string }): Promise<boolean> {
    const deleted = await tx
      .updateTable('secrets')
      .set({ deleted_at: this.#clock.now() })
      .where('scope', '=', input.scope)
      .where('name', '=', input.name)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    if (deleted.numUpdatedRows === 0n) return false
    await tx.deleteFrom('secret_versions').where('scope', '=', input.scope).where('name', '=', input.name).execute()
    return true
  }

  /**
   * Gives the scope a new key and re-wraps every data key; sealed values stay as they are. Call it in a transaction.
   * Also moves the scope to this store's root key when `previousRoot`, the key it was under, is given.
   * @returns the new key's version
   */
  async rotateScopeKey(tx: Executor, scope: string, previousRoot: RootKey = this.#root): Promise<number> {
    const row = await tx.selectFrom('scope_keys').selectAll().where('scope', '=', scope).forUpdate().executeTakeFirst()
    if (row === undefined) throw notFound('Key of scope', scope)
    const old = unwrapKey(previousRoot.key, row.wrapped_key, scopeKeyContext(scope, row.version))
    const next: ScopeKey = { version: row.version + 1, key: createKey() }
    const versions = await tx
      .selectFrom('secret_versions')
      .select(['name', 'version', 'wrapped_key'])
      .where('scope', '=', scope)
      .execute()
    for (const { name, version, wrapped_key } of versions) {
      const context = secretContext(scope, name, version)
      await tx
        .updateTable('secret_versions')
        .set({ wrapped_key: wrapKey(next.key, unwrapKey(old, wrapped_key, context), context), scope_key_version: next.version })
        .where('scope', '=', scope)
        .where('name', '=', name)
        .where('version', '=', version)
        .execute()
    }
    await tx
      .updateTable('scope_keys')
      .set({ version: next.version, ...this.#wrapScopeKey(scope, next), created_at: this.#clock.now() })
      .where('scope', '=', scope)
      .execute()
    return next.version
  }

  /** Destroys the scope's key and its secrets; a copy of sealed values kept elsewhere without the key stays unreadable. */
  async destroyScope(tx: Executor, scope: string): Promise<void> {
    await tx.deleteFrom('scope_keys').where('scope', '=', scope).execute()
    await tx.deleteFrom('secrets').where('scope', '=', scope).execute()
  }

  /** The scope's key, created the first time, locked against a rotation until the transaction ends. */
  async #scopeKeyForWriting(tx: Executor, scope: string): Promise<ScopeKey> {
    const created: ScopeKey = { version: 1, key: createKey() }
    await tx
      .insertInto('scope_keys')
      .values({ scope, version: created.version, ...this.#wrapScopeKey(scope, created), created_at: this.#clock.now() })
      .onConflict((row) => row.column('scope').doNothing())
      .execute()
    const row = await tx.selectFrom('scope_keys').selectAll().where('scope', '=', scope).forShare().executeTakeFirstOrThrow()
    return this.#unwrapScopeKey(scope, row)
  }

  #wrapScopeKey(scope: string, scopeKey: ScopeKey): { root_key_id: string; wrapped_key: Buffer } {
    return {
      root_key_id: this.#root.id,
      wrapped_key: wrapKey(this.#root.key, scopeKey.key, scopeKeyContext(scope, scopeKey.version)),
    }
  }

  #unwrapScopeKey(scope: string, row: { version: number; wrapped_key: Buffer; root_key_id: string }): ScopeKey {
    if (row.root_key_id !== this.#root.id) {
      throw new Error(
        `The key of scope '${scope}' is sealed under root key ${row.root_key_id}, but root key ${this.#root.id} is loaded. ` +
          `Restore the root key file that belongs to this database.`,
      )
    }
    return { version: row.version, key: unwrapKey(this.#root.key, row.wrapped_key, scopeKeyContext(scope, row.version)) }
  }
}

function secretContext(scope: string, name: string, version: number): readonly string[] {
  return ['secret', scope, name, String(version)]
}

function scopeKeyContext(scope: string, version: number): readonly string[] {
  return ['scope', scope, String(version)]
}
