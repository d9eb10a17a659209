export {
  type ByteRange,
  ContentStore,
  type ContentStoreOptions,
  type ListedContent,
  type MaterialiseMode,
  type StoredContent,
} from './content-store.ts'
export { type Digest, isDigest, parseDigest } from './digest.ts'
export type { ContentSource, PutOptions } from './object-writer.ts'
