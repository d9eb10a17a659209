import './tables.ts'

export { allBlobs, deleteBlob, type BlobFacts } from './blob-store.ts'
export { containerOf, listBlobs, openBlob, putBlob, type BlobPage, type BlobTarget } from './blobs.ts'
export { artifactDatastore, defaultDatastore, parseDataUri, registryId, type BlobLocation } from './data-uri.ts'
export { registerUriResolver, resolveAssetUri, versionByName, type ResolvedAsset, type UriResolver } from './resolve-asset.ts'
export {
  digestOfTree,
  filesOfUri,
  materialiseFiles,
  materialiseUri,
  placeFiles,
  publishDirectory,
  treeDigest,
  type PublishedTree,
  type TreeFile,
} from './trees.ts'
export { containerBehaviour, versionBehaviour } from './asset-versions.ts'
export { storageDomain } from './storage.ts'
