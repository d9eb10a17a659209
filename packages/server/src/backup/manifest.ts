import { z } from 'zod'

/** What a backup directory says about itself; written last, so that a directory without it is not a backup. */
export const manifestSchema = z.object({
  format: z.literal(1),
  createdAt: z.string(),
  serverVersion: z.string(),
  /** Names of the migrations that the schema consists of, oldest first. */
  migrations: z.array(z.string()),
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.string()),
      rows: z.number().int(),
      sizeBytes: z.number().int(),
      /** SHA-256 of the file. */
      sha256: z.string(),
      /** Sum of the SHA-256 of all lines modulo 2^256: the same for the same rows in any order. */
      contentHash: z.string(),
    }),
  ),
  sequences: z.array(z.object({ name: z.string(), lastValue: z.number().int(), isCalled: z.boolean() })),
  /** Digests of the content store's objects. */
  content: z.array(z.string()),
})
export type Manifest = z.output<typeof manifestSchema>
