import { isAppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource } from '../../kernel/resources/index.ts'
import { resolveCompute, type ResolvedCompute } from '../compute/index.ts'
import { refuseDriftOf, resolveEnvironment } from '../environments/index.ts'
import { resolveAssetUri, versionByName } from '../storage/index.ts'

/** Resolves what a job names, once per reference, in the transaction of the submission. */
export class ReferenceResolver {
  readonly #ctx: Context
  readonly #db: Executor
  readonly #workspaceId: string
  readonly #computes = new Map<string, Promise<ResolvedCompute>>()
  readonly #texts = new Map<string, Promise<string>>()

  constructor(ctx: Context, db: Executor, workspaceId: string) {
    this.#ctx = ctx
    this.#db = db
    this.#workspaceId = workspaceId
  }

  compute(reference: string): Promise<ResolvedCompute> {
    return remember(this.#computes, reference, () => resolveCompute(this.#db, this.#workspaceId, reference))
  }

  /** @returns the id of an environment version */
  environment(reference: string): Promise<string> {
    return remember(this.#texts, `environment ${reference}`, async () => {
      const version = await resolveEnvironment(this.#db, this.#workspaceId, reference)
      await refuseDriftOf(this.#ctx, this.#db, this.#workspaceId, version)
      return version.id
    })
  }

  /**
   * `azureml:name@latest` and `azureml:name` → the id of the newest version; everything else stays as it is.
   * @throws ResourceNotFound it names no asset, datastore or job of the workspace or of a registry
   */
  data(uri: string): Promise<string> {
    return remember(this.#texts, `data ${uri}`, async () => {
      const found = await this.#newest(uri)
      await this.exists(found)
      return found
    })
  }

  /**
   * Refuses what names an asset, datastore or job that is not there. Addresses elsewhere are looked at when the step starts, which
   * also says what is there but cannot be read by this server: Azure's clients expect to submit such jobs.
   */
  async exists(reference: string): Promise<string> {
    return remember(this.#texts, `asset ${reference}`, async () => {
      if (!/^(azureml:|\/subscriptions\/)/i.test(reference)) return reference
      await resolveAssetUri(this.#ctx, this.#workspaceId, reference, this.#db).catch((error: unknown) => {
        if (!isAppError(error) || error.code !== 'NotSupported') throw error
      })
      return reference
    })
  }

  async #newest(uri: string): Promise<string> {
    const name = /^azureml:(?!\/\/)([^:@/]+)(?:@latest)?$/i.exec(uri)?.[1]
    if (name === undefined) return uri
    for (const kind of ['data', 'models']) {
      const container = await findResource(this.#db, `${this.#workspaceId}/${kind}/${name}`)
      if (container !== undefined) return (await versionByName(this.#db, container.id, undefined)).id
    }
    return uri
  }
}

function remember<Found>(known: Map<string, Promise<Found>>, key: string, find: () => Promise<Found>): Promise<Found> {
  const found = known.get(key) ?? find()
  known.set(key, found)
  return found
}
