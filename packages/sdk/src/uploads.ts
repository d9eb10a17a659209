import { AppError, nameOf, type Resource } from '@fulcrum/contract'
import type { Client } from './types.ts'

/** A file to upload: a `File` of a browser or one on disk, read in pieces. */
export interface UploadFile {
  /** Relative, with `/`. */
  readonly path: string
  readonly sizeBytes: number
  /** The bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>
}

export interface UploadProgress {
  readonly files: number
  readonly totalFiles: number
  readonly bytes: number
  readonly totalBytes: number
}

export interface UploadRequest {
  /** ARM id of the workspace whose datastore takes the files. */
  readonly workspaceId: string
  /** Default `workspaceblobstore`. */
  readonly datastore?: string | undefined
  /** Folder in the datastore, without `/` at its end. */
  readonly prefix: string
  readonly files: readonly UploadFile[]
  /** `token` writes with the caller's own rights on the storage account instead of the datastore's signature. Default `signature`. */
  readonly authorization?: 'signature' | 'token'
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const pieceBytes = 8 * 1024 * 1024
const filesAtOnce = 4

/**
 * Writes files into a datastore, by the signature that `listSecrets` gives, or with the caller's own token when the datastore has no secret.
 * @returns the `azureml://datastores/…/paths/{prefix}` URI
 */
export async function uploadFiles(client: Client, request: UploadRequest): Promise<string> {
  const datastore = request.datastore ?? 'workspaceblobstore'
  const target = await openContainer(client, `${request.workspaceId}/datastores/${datastore}`, request.authorization)
  const totalBytes = request.files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const state = { files: 0, bytes: 0 }
  const report = (): void => request.onProgress?.({ ...state, totalFiles: request.files.length, totalBytes })
  const queue = [...request.files]
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      await uploadFile(client, target, `${request.prefix}/${file.path}`, {
        file,
        signal: request.signal,
        onBytes: (count) => {
          state.bytes += count
          report()
        },
      })
      state.files += 1
      report()
    }
  }
  await Promise.all(Array.from({ length: Math.min(filesAtOnce, request.files.length) }, work))
  return `azureml://datastores/${datastore}/paths/${request.prefix}`
}

/** A container and the signature that opens it. */
export interface Container {
  readonly base: string
  readonly signature: Readonly<Record<string, string>>
}

/** Where the blobs of a datastore are, and the signature that opens it. */
export async function openContainer(
  client: Client,
  datastoreId: string,
  authorization: UploadRequest['authorization'] = 'signature',
): Promise<Container> {
  const [datastore, secrets] = await Promise.all([
    client.get(datastoreId),
    authorization === 'token' ? { sasToken: '' } : client.post<{ sasToken?: string }>(`${datastoreId}/listSecrets`),
  ])
  const account = accountOf(datastore)
  const container = datastore.properties['containerName'] ?? datastore.properties['filesystem']
  if (account === '' || typeof container !== 'string')
    throw new AppError('NotSupported', `Datastore '${nameOf(datastoreId)}' has no container to upload to.`)
  const signature = Object.fromEntries(new URLSearchParams(secrets.sasToken ?? ''))
  return { base: `/store/${account}/${encodeURIComponent(container)}`, signature }
}

/**
 * The bytes of one file behind an `azureml://datastores/{name}/paths/{path}` URI (or its long form).
 * @throws InvalidUri the URI is of another form
 */
export async function readDataUri(client: Client, workspaceId: string, uri: string): Promise<Uint8Array<ArrayBuffer>> {
  const [, datastore, path] = /\/datastores\/([^/]+)\/paths\/(.+)$/i.exec(uri) ?? []
  if (datastore === undefined || path === undefined) throw new AppError('InvalidUri', `'${uri}' names no file in a datastore.`)
  const container = await openContainer(client, `${workspaceId}/datastores/${datastore}`)
  const address = `${container.base}/${path.split('/').map(encodeURIComponent).join('/')}`
  const response = await client.fetch('GET', address, { query: container.signature, headers: { 'x-ms-version': '2021-12-02' } })
  return new Uint8Array(await response.arrayBuffer())
}

/** `host:port/store/name`, `name.blob.…` or `name` → `name`. */
function accountOf(datastore: Resource): string {
  const name = datastore.properties['accountName']
  return typeof name === 'string' ? (name.split('/').at(-1)?.split('.')[0] ?? '') : ''
}

async function uploadFile(
  client: Client,
  container: Container,
  path: string,
  options: { file: UploadFile; signal: AbortSignal | undefined; onBytes: (count: number) => void },
): Promise<void> {
  const { file, signal, onBytes } = options
  const address = `${container.base}/${path.split('/').map(encodeURIComponent).join('/')}`
  const put = async (
    body: Uint8Array<ArrayBuffer> | string,
    query: Record<string, string>,
    headers: Record<string, string>,
  ): Promise<void> => {
    await client.fetch('PUT', address, {
      body,
      query: { ...container.signature, ...query },
      headers: { 'x-ms-version': '2021-12-02', ...headers },
      signal,
    })
  }
  const bytes = { 'content-type': 'application/octet-stream' }
  if (file.sizeBytes <= pieceBytes) {
    await put(await file.read(0, file.sizeBytes), {}, { ...bytes, 'x-ms-blob-type': 'BlockBlob' })
    onBytes(file.sizeBytes)
    return
  }
  const blocks: string[] = []
  for (let start = 0; start < file.sizeBytes; start += pieceBytes) {
    const end = Math.min(start + pieceBytes, file.sizeBytes)
    const block = btoa(String(blocks.length).padStart(8, '0'))
    await put(await file.read(start, end), { comp: 'block', blockid: block }, bytes)
    blocks.push(block)
    onBytes(end - start)
  }
  const list = `<?xml version="1.0" encoding="utf-8"?><BlockList>${blocks.map((block) => `<Latest>${block}</Latest>`).join('')}</BlockList>`
  await put(list, { comp: 'blocklist' }, { 'content-type': 'application/xml' })
}
