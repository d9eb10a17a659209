import { z } from 'zod'

/** A map of texts. Azure takes numbers and booleans for them as well and keeps their text (`hash_version: 202208`). */
export const stringMap = z.record(
  z.string(),
  z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]).nullable(),
)
