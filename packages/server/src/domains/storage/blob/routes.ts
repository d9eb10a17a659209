import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { notOffered, storageError } from '../storage-error.ts'
import { appendBlock } from './append.ts'
import { runBatch } from './batch.ts'
import { getBlockList, putBlock, putBlockList } from './blocks.ts'
import { getContainer, getPolicies, putContainer, removeContainer, setContainerMetadata, setPolicies } from './container.ts'
import { abortCopy, copyBlob } from './copy.ts'
import { leaseBlob, leaseContainer } from './lease.ts'
import { listBlobs } from './list.ts'
import { getTags, setMetadata, setProperties, setTags, setTier } from './properties.ts'
import { getBlob, getMetadata, headBlob } from './read.ts'
import { deleteBlob, snapshotBlob, undelete } from './remove.ts'
import type { StorageRequest } from './request.ts'
import {
  accountInformation,
  findTagged,
  getServiceProperties,
  listContainers,
  setServiceProperties,
  userDelegationKey,
} from './service.ts'
import { putBlob } from './write.ts'

type Handler = (ctx: Context, request: StorageRequest) => Promise<ApiReply>
/** By method and `comp`, `METHOD comp`. */
type Handlers = Readonly<Record<string, Handler>>

const service: Handlers = {
  'GET list': listContainers,
  'GET properties': (ctx, request) =>
    request.queryWord('restype') === 'account' ? accountInformation(ctx, request) : getServiceProperties(ctx, request),
  'HEAD properties': accountInformation,
  'PUT properties': setServiceProperties,
  'POST userdelegationkey': userDelegationKey,
  'POST batch': runBatch,
  'GET blobs': findTagged,
}

const containers: Handlers = {
  GET: getContainer,
  HEAD: getContainer,
  PUT: putContainer,
  DELETE: removeContainer,
  'GET metadata': getContainer,
  'HEAD metadata': getContainer,
  'PUT metadata': setContainerMetadata,
  'GET list': listBlobs,
  'GET blobs': findTagged,
  'GET acl': getPolicies,
  'HEAD acl': getPolicies,
  'PUT acl': setPolicies,
  'PUT lease': leaseContainer,
  'POST batch': runBatch,
  'GET properties': accountInformation,
  'HEAD properties': accountInformation,
}

const blobs: Handlers = {
  GET: getBlob,
  HEAD: headBlob,
  PUT: (ctx, request) =>
    request.header('x-ms-copy-source') !== undefined && request.header('x-ms-blob-type') === undefined
      ? copyBlob(ctx, request)
      : putBlob(ctx, request),
  DELETE: deleteBlob,
  'GET metadata': getMetadata,
  'HEAD metadata': getMetadata,
  'PUT metadata': setMetadata,
  'PUT properties': setProperties,
  'GET properties': accountInformation,
  'HEAD properties': accountInformation,
  'PUT block': putBlock,
  'PUT blocklist': putBlockList,
  'GET blocklist': getBlockList,
  'PUT appendblock': appendBlock,
  'PUT copy': abortCopy,
  'PUT lease': leaseBlob,
  'PUT snapshot': snapshotBlob,
  'PUT undelete': undelete,
  'PUT tags': setTags,
  'GET tags': getTags,
  'PUT tier': setTier,
}

/** What Azure offers and this server does not, with what to do instead. */
const unoffered: Readonly<Record<string, readonly [what: string, instead: string]>> = {
  page: ['Page blobs', 'They are disks of virtual machines; use block blobs or append blobs.'],
  pagelist: ['Page blobs', 'They are disks of virtual machines; use block blobs or append blobs.'],
  incrementalcopy: ['Incremental copies', 'They are for page blobs; copy the blob (x-ms-copy-source).'],
  query: ['Query Blob Contents', 'Read the blob, or a preview of the data asset.'],
  seal: ['Sealing an append blob', 'Take away the permission to append (a).'],
  expiry: ['Expiry of blobs', 'Delete them.'],
  immutabilitypolicies: [
    'Immutability policies',
    'Take a snapshot, or register a data or model version: both are pinned by digest.',
  ],
  legalhold: ['Legal holds', 'Take a snapshot, or register a data or model version: both are pinned by digest.'],
  stats: ['Statistics of replication', 'There is one place.'],
  rename: ['Renaming a container', 'Copy its blobs.'],
}

/** Answers a request of the Blob protocol. */
export async function handleBlobRequest(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const { container, name } = request.address
  const table = container === '' ? service : name === '' ? containers : blobs
  const method = request.api.operation.method
  const comp = request.queryWord('comp')
  const handler = table[comp === undefined ? method : `${method} ${comp}`]
  if (handler !== undefined) return handler(ctx, request)
  const known = comp === undefined ? undefined : unoffered[comp]
  if (known !== undefined) throw notOffered(known[0], known[1])
  if (comp === undefined)
    throw storageError(405, 'UnsupportedHttpVerb', `${method} is not answered here; say what you want by comp=.`)
  throw storageError(400, 'InvalidQueryParameterValue', `comp=${comp.slice(0, 50)} is no operation of ${method} here.`, 'comp')
}
