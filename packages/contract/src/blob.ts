import { z } from 'zod'
import { operation, type Method } from './operation.ts'

/**
 * The Blob REST subset that clients of Azure ML use, path style. `accountHost` is `{account}` or `{account}.blob.{suffix}`.
 * Callers come with a signature in the query or with a Bearer token that has the data action of Azure's storage.
 * @see https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
 */

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
/** Data actions that blob requests need. */
export const blobActions = { read: `${blobs}/read`, write: `${blobs}/write`, delete: `${blobs}/delete` } as const

const containerPath = '/store/{accountHost}/{containerName}'
const blobPath = `${containerPath}/{blobName*}`
const query = z.looseObject({
  comp: z.string().optional(),
  restype: z.string().optional(),
  blockid: z.string().max(256).optional(),
})

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
  containerGet: blobOperation({
    id: 'blobs.containerGet',
    method: 'GET',
    path: containerPath,
    summary: 'Lists the blobs of a container (restype=container&comp=list).',
  }),
  containerPut: blobOperation({
    id: 'blobs.containerCreate',
    method: 'PUT',
    path: containerPath,
    summary: 'Creates a container (restype=container).',
    success: [201],
  }),
  get: blobOperation({
    id: 'blobs.get',
    method: 'GET',
    path: blobPath,
    summary: 'Reads a blob or a range of it.',
    success: [200, 206, 304, 416],
  }),
  head: blobOperation({
    id: 'blobs.head',
    method: 'HEAD',
    path: blobPath,
    summary: 'Properties and metadata of a blob.',
    success: [200, 304],
  }),
  put: blobOperation({
    id: 'blobs.put',
    method: 'PUT',
    path: blobPath,
    summary: 'Writes a blob, a block (comp=block), a block list (comp=blocklist) or metadata (comp=metadata).',
    success: [200, 201],
  }),
  delete: blobOperation({ id: 'blobs.delete', method: 'DELETE', path: blobPath, summary: 'Deletes a blob.', success: [202] }),
}
