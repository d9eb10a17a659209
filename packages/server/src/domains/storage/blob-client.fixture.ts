import { BlobServiceClient, StorageSharedKeyCredential, type StoragePipelineOptions } from '@azure/storage-blob'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { systemClock } from '../../kernel/clock.ts'

export interface StorageFixture extends AsyncDisposable {
  readonly server: TestServer
  readonly accountId: string
  readonly accountName: string
  readonly key: string
  /** `http://127.0.0.1:port/store/{account}.blob.core.windows.net`. */
  readonly blobUrl: string
  readonly dfsUrl: string
  readonly credential: StorageSharedKeyCredential
  /** The real client, with the account's key. */
  readonly service: BlobServiceClient
  /** Moves the server's clock. */
  shiftClock(milliseconds: number): void
}

/** Answers are looked at, not tried again. */
export const noRetries: StoragePipelineOptions = { retryOptions: { maxTries: 1 } }

/** A listening server with a storage account, and Azure's own client for it. */
export async function startStorageFixture(
  options: { readonly isHierarchical?: boolean; readonly rehydrationSeconds?: number } = {},
): Promise<StorageFixture> {
  let shiftMs = 0
  const server = await startTestServer({
    engine: false,
    listen: true,
    overrides: { clock: { now: () => new Date(systemClock.now().getTime() + shiftMs) } },
  })
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
  await server.admin.put(group, { location: 'local' })
  const accountName = 'stfixture'
  const accountId = `${group}/providers/Microsoft.Storage/storageAccounts/${accountName}`
  const { isHierarchical = false, rehydrationSeconds } = options
  const properties = { isHnsEnabled: isHierarchical, ...(rehydrationSeconds === undefined ? {} : { rehydrationSeconds }) }
  const made = await server.admin.put(accountId, {
    location: 'local',
    sku: { name: 'Standard_LRS' },
    kind: 'StorageV2',
    properties,
  })
  if (made.status >= 300) throw new Error(made.text)
  const keys = (await server.admin.post(`${accountId}/listKeys`)).json<{ keys: { value: string }[] }>().keys
  const key = keys[0]?.value ?? ''
  const credential = new StorageSharedKeyCredential(accountName, key)
  const blobUrl = `${server.url}/store/${accountName}.blob.core.windows.net`
  return {
    server,
    accountId,
    accountName,
    key,
    blobUrl,
    dfsUrl: blobUrl.replace('.blob.', '.dfs.'),
    credential,
    service: new BlobServiceClient(blobUrl, credential, noRetries),
    shiftClock: (milliseconds) => {
      shiftMs = milliseconds
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** `ok`, or status and code of the refusal; a HEAD has its code in a header only. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'ok',
    (error: { statusCode?: number; code?: string; details?: { errorCode?: string } }) =>
      error.statusCode === undefined ? String(error) : `${error.statusCode} ${error.code ?? error.details?.errorCode}`,
  )
}
