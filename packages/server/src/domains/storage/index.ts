import './tables.ts'

export { canonicalAssetId, parseAssetId, versionByName, withOwnUris, type AssetReference } from './asset-references.ts'
export { allBlobs, deleteBlob, type BlobFacts } from './blob-store.ts'
export { containerOf, listBlobs, openBlob, putBlob, type BlobPage, type BlobTarget } from './blobs.ts'
export { artifactDatastore, parseDataUri, type BlobLocation } from './data-uri.ts'
export { registerUriResolver, resolveAssetUri, type ResolvedAsset, type UriResolver } from './resolve-asset.ts'
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
export { requireReadable } from './reference-guard.ts'
export { registryDataPlane } from './data-plane.ts'
export { createDownloadTicket, createSharePlace, createUploadTicket } from './tickets.ts'
export { containerBehaviour, versionBehaviour } from './asset-versions.ts'
export { storageDomain } from './storage.ts'
