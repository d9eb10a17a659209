import { invalid, mirrorKind, mirrorOperations, type MirrorProperties } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { ok, route, type Route } from '../../kernel/http/index.ts'
import type { KindBehaviour, StoredResource } from '../../kernel/resources/index.ts'
import { parseRelativePath } from '../../kernel/safe/index.ts'
import { createContainer, upsertBlobs } from './blob-store.ts'
import { canonicalUrl, mirrorAccount as account, mirrorContainer } from './mirrored-place.ts'
import { digestOfTree } from './trees.ts'

/** The resources behind mirrored addresses: what is copied, and when. */

export function mirrorBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: mirrorKind,
    async validate(_tx, { body }) {
      const { prefix, files } = body.properties as unknown as MirrorProperties
      const url = canonicalUrl(prefix)
      if (url === undefined || !url.includes('/'))
        throw invalid(`'${prefix}' is no prefix to mirror: it must be https://host/path or wasbs://container@host/path.`, {
          target: 'properties.prefix',
        })
      for (const [index, file] of files.entries()) {
        if (file.path !== '') parseRelativePath(file.path)
        const stored = await ctx.content.stat(file.digest).catch(() => undefined)
        if (stored?.sizeBytes !== file.sizeBytes)
          throw invalid(`The content of '${file.path}' was not stored; send it to …/content first.`, {
            target: `properties.files.${index}.digest`,
          })
      }
    },
    statusOnWrite: ({ body }) => {
      const { files } = body.properties as unknown as MirrorProperties
      return {
        provisioningState: 'Succeeded',
        digest: digestOfTree(files),
        fileCount: files.length,
        sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
      }
    },
    async afterWrite(tx, resource) {
      const { prefix, files } = resource.properties as unknown as MirrorProperties
      const url = canonicalUrl(prefix) ?? ''
      const base = url.slice(url.indexOf('/') + 1)
      const target = { account, container: mirrorContainer(resource) }
      await forget(tx, resource)
      await createContainer(tx, ctx, target)
      const drafts = files.map(({ path, digest, sizeBytes }) => ({
        name: path === '' ? base : `${base}/${path}`,
        digest,
        sizeBytes,
      }))
      await upsertBlobs(tx, ctx, target, drafts)
    },
    afterDelete: forget,
    eventData: ({ properties, status }) => ({ prefix: properties['prefix'] ?? null, digest: status['digest'] ?? null }),
    present: ({ properties, status }) => {
      const { files: _files, ...shown } = properties
      return { ...shown, ...status }
    },
  }
}

export function mirrorRoutes(ctx: Context): Route[] {
  return [
    route(mirrorOperations.putContent, async ({ stream, signal }) => {
      const { digest, sizeBytes } = await ctx.content.put(stream, { signal })
      return ok({ digest, sizeBytes })
    }),
  ]
}

async function forget(tx: Executor, mirror: StoredResource): Promise<void> {
  const container = mirrorContainer(mirror)
  await tx.deleteFrom('blobs').where('account', '=', account).where('container', '=', container).execute()
  await tx.deleteFrom('blob_containers').where('account', '=', account).where('name', '=', container).execute()
}
