import { blobActions } from '@fulcrum/contract'
import type { PathNeed } from './path-access.ts'

/** What requests of the storage protocols need: of a signature, of roles, and of the access control lists of a hierarchical account. */
interface StorageNeed {
  /** Any one of these letters of a signature; none = signatures never do. */
  readonly letters: string
  /** The service, a container or an object. */
  readonly level: 's' | 'c' | 'o'
  readonly action: string
  readonly plane: 'control' | 'data'
  /** Absent: roles only. */
  readonly path?: PathNeed
}

const service = 'Microsoft.Storage/storageAccounts/blobServices'
const containers = `${service}/containers`
const { read, write, delete: remove } = blobActions

export const storageNeeds = {
  listContainers: { letters: 'l', level: 's', action: `${containers}/read`, plane: 'control' },
  readService: { letters: 'r', level: 's', action: `${service}/read`, plane: 'control' },
  writeService: { letters: 'w', level: 's', action: `${service}/write`, plane: 'control' },
  delegationKey: { letters: '', level: 's', action: `${service}/generateUserDelegationKey/action`, plane: 'control' },
  findByTags: { letters: 'f', level: 's', action: `${containers}/blobs/filter/action`, plane: 'data' },
  findInContainer: { letters: 'f', level: 'c', action: `${containers}/blobs/filter/action`, plane: 'data' },
  readContainer: { letters: 'rl', level: 'c', action: `${containers}/read`, plane: 'control' },
  createContainer: { letters: 'cw', level: 'c', action: `${containers}/write`, plane: 'control' },
  writeContainer: { letters: 'w', level: 'c', action: `${containers}/write`, plane: 'control' },
  readPolicies: { letters: '', level: 'c', action: `${containers}/getAcl/action`, plane: 'control' },
  writePolicies: { letters: '', level: 'c', action: `${containers}/setAcl/action`, plane: 'control' },
  deleteContainer: { letters: 'd', level: 'c', action: `${containers}/delete`, plane: 'control' },
  listBlobs: { letters: 'l', level: 'c', action: read, plane: 'data', path: 'list' },
  readBlob: { letters: 'r', level: 'o', action: read, plane: 'data', path: 'read' },
  readProperties: { letters: 'r', level: 'o', action: read, plane: 'data', path: 'traverse' },
  createBlob: { letters: 'cw', level: 'o', action: write, plane: 'data', path: 'write' },
  writeBlob: { letters: 'w', level: 'o', action: write, plane: 'data', path: 'write' },
  appendBlob: { letters: 'aw', level: 'o', action: write, plane: 'data', path: 'write' },
  snapshotBlob: { letters: 'cw', level: 'o', action: write, plane: 'data', path: 'write' },
  breakLease: { letters: 'wd', level: 'o', action: write, plane: 'data', path: 'write' },
  deleteBlob: { letters: 'd', level: 'o', action: remove, plane: 'data', path: 'delete' },
  readTags: { letters: 't', level: 'o', action: `${containers}/blobs/tags/read`, plane: 'data' },
  writeTags: { letters: 't', level: 'o', action: `${containers}/blobs/tags/write`, plane: 'data' },
  createPath: { letters: 'cw', level: 'o', action: write, plane: 'data', path: 'create' },
  movePath: { letters: 'mw', level: 'o', action: write, plane: 'data', path: 'delete' },
  readAccess: { letters: 'er', level: 'o', action: read, plane: 'data', path: 'traverse' },
  changePermissions: { letters: 'p', level: 'o', action: `${containers}/blobs/modifyPermissions/action`, plane: 'data' },
  changeOwner: { letters: 'o', level: 'o', action: `${containers}/blobs/manageOwnership/action`, plane: 'data' },
} as const satisfies Record<string, StorageNeed>

export type StorageNeedName = keyof typeof storageNeeds

export function storageNeed(name: StorageNeedName): StorageNeed {
  return storageNeeds[name]
}
