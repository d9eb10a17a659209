export {
  type ByteRange,
  ContentStore,
  type ContentStoreOptions,
  type ListedContent,
  type MaterialiseMode,
  type StoredContent,
} from './content-store.ts'
export type { Digest } from './digest.ts'
export type { ContentSource, PutOptions } from './object-writer.ts'
