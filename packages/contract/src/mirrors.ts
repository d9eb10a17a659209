import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'

/** Copies of public data, so that jobs which name `https://` and `wasbs://` addresses run without the internet. */

const mirrorFile = z.object({
  /** Below the prefix; empty when the prefix names the file itself. */
  path: z.string().max(2048),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  sizeBytes: z.number().int().min(0),
})

export const mirrorProperties = z.looseObject({
  /** `https://host/path` or `wasbs://container@account.blob.…/path`; everything below it is answered from the copy. */
  prefix: z.string().min(1).max(2048),
  files: z.array(mirrorFile).min(1).max(100_000),
  description: z.string().nullish(),
})
export type MirrorProperties = z.output<typeof mirrorProperties>

const type = 'Fulcrum.Storage/mirrors'

export const mirrorKind = resourceKind({
  type,
  noun: 'mirrors',
  title: 'Mirror',
  placement: 'subscription',
  properties: mirrorProperties,
  example: {
    properties: {
      prefix: 'https://azuremlexamples.blob.core.windows.net/datasets/iris.csv',
      files: [{ path: '', digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 4551 }],
    },
  },
})

export const mirrorOperations = {
  putContent: operation({
    id: 'mirrors.putContent',
    method: 'POST',
    path: '/subscriptions/{subscriptionId}/providers/Fulcrum.Storage/mirrors/{mirrorName}/content',
    summary: 'Stores the bytes of one file of a mirror that is about to be written.',
    action: `${type}/write`,
    bodyKind: 'stream',
    response: z.object({ digest: z.string(), sizeBytes: z.number() }),
  }),
}
