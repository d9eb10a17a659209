import { z } from 'zod'
import { operation, type Method } from './operation.ts'

/**
 * The Blob and Data Lake REST protocols, path style. `accountHost` is `{account}`, `{account}.blob.{suffix}` or `{account}.dfs.{suffix}`; what
 * a request does is told by its method, `comp`, `restype`, `resource` and `action`.
 * Callers come with a signature in the query, with a SharedKey header, or with a Bearer token that has the data action of Azure's storage.
 * @see https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
 * @see https://learn.microsoft.com/rest/api/storageservices/data-lake-storage-gen2
 */

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
/** Data actions that blob requests need. */
export const blobActions = { read: `${blobs}/read`, write: `${blobs}/write`, delete: `${blobs}/delete` } as const

const accountPath = '/store/{accountHost}'
const containerPath = `${accountPath}/{containerName}`
const blobPath = `${containerPath}/{blobName*}`
const query = z.looseObject({ comp: z.string().optional(), restype: z.string().optional() })

const blobOperation = (draft: { id: string; method: Method; path: string; summary: string; success?: number[] }) =>
  operation({
    ...draft,
    // The scope depends on the account's resource group, which the address does not tell: the handler checks the data action.
    action: 'authenticated',
    plane: 'data',
    scope: '/',
    dialect: 'blob',
    bodyKind: 'stream',
    query,
  })

export const blobOperations = {
  accountGet: blobOperation({
    id: 'blobs.accountGet',
    method: 'GET',
    path: accountPath,
    summary:
      'Lists containers (comp=list) or file systems (resource=account), finds blobs by tags, gives properties of the service.',
  }),
  accountHead: blobOperation({
    id: 'blobs.accountHead',
    method: 'HEAD',
    path: accountPath,
    summary: 'Information about the account (restype=account).',
  }),
  accountPut: blobOperation({
    id: 'blobs.accountPut',
    method: 'PUT',
    path: accountPath,
    summary: 'Sets properties of the service.',
    success: [202],
  }),
  accountPost: blobOperation({
    id: 'blobs.accountPost',
    method: 'POST',
    path: accountPath,
    summary: 'Gives a user delegation key (comp=userdelegationkey) or runs a batch (comp=batch).',
    success: [200, 202],
  }),
  containerGet: blobOperation({
    id: 'blobs.containerGet',
    method: 'GET',
    path: containerPath,
    summary: 'Lists the blobs of a container (comp=list) or paths of a file system, or gives properties and policies.',
  }),
  containerHead: blobOperation({
    id: 'blobs.containerHead',
    method: 'HEAD',
    path: containerPath,
    summary: 'Properties of a container.',
  }),
  containerPut: blobOperation({
    id: 'blobs.containerCreate',
    method: 'PUT',
    path: containerPath,
    summary: 'Creates a container (restype=container), or sets its metadata, policies or lease.',
    success: [200, 201, 202],
  }),
  containerPost: blobOperation({
    id: 'blobs.containerPost',
    method: 'POST',
    path: containerPath,
    summary: 'Runs a batch within a container (comp=batch).',
    success: [202],
  }),
  containerPatch: blobOperation({
    id: 'blobs.containerPatch',
    method: 'PATCH',
    path: containerPath,
    summary: 'Sets properties of a file system.',
  }),
  containerDelete: blobOperation({
    id: 'blobs.containerDelete',
    method: 'DELETE',
    path: containerPath,
    summary: 'Deletes a container.',
    success: [202],
  }),
  get: blobOperation({
    id: 'blobs.get',
    method: 'GET',
    path: blobPath,
    summary: 'Reads a blob or a range of it, its block list, its tags or its metadata.',
    success: [200, 206, 304, 416],
  }),
  head: blobOperation({
    id: 'blobs.head',
    method: 'HEAD',
    path: blobPath,
    summary: 'Properties and metadata of a blob; access control of a path.',
    success: [200, 304],
  }),
  put: blobOperation({
    id: 'blobs.put',
    method: 'PUT',
    path: blobPath,
    summary:
      'Writes a blob, a block, a block list, metadata, properties, tags, a tier or a lease; copies; makes or renames paths.',
    success: [200, 201, 202, 204],
  }),
  post: blobOperation({ id: 'blobs.post', method: 'POST', path: blobPath, summary: 'Leases a path of a file system.' }),
  patch: blobOperation({
    id: 'blobs.patch',
    method: 'PATCH',
    path: blobPath,
    summary: 'Appends to a file, flushes it, or sets its access control.',
    success: [200, 202],
  }),
  delete: blobOperation({
    id: 'blobs.delete',
    method: 'DELETE',
    path: blobPath,
    summary: 'Deletes a blob or a path.',
    success: [200, 202],
  }),
}
