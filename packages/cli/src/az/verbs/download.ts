import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { listDataFiles, listSignedFiles, type Client, type DataFile } from '@fulcrum/sdk'
import type { Call } from '../commands/command.ts'
import { part, type Wire } from '../entities/translate.ts'
import { AzFailure } from '../failure.ts'

/** Writes files below a folder, four at a time. @returns how many */
export async function downloadTo(call: Call, files: AsyncIterable<DataFile>, directory: string): Promise<number> {
  const root = resolve(directory)
  const running = new Set<Promise<void>>()
  let count = 0
  for await (const file of files) {
    const work = write(file, root).finally(() => running.delete(work))
    running.add(work)
    count += 1
    if (running.size >= 4) await Promise.race(running)
  }
  await Promise.all(running)
  if (call.values.flag('verbose')) process.stderr.write(`${count} files to ${root}\n`)
  return count
}

async function write(file: DataFile, root: string): Promise<void> {
  const path = resolve(root, file.path)
  // A blob may be named by anybody; it must not leave the folder that was asked for.
  if (path !== root && !path.startsWith(`${root}${sep}`)) throw new AzFailure(`The file '${file.path}' lies outside the folder.`)
  await mkdir(dirname(path), { recursive: true })
  const { body } = await file.open()
  if (body === null) throw new AzFailure(`'${file.path}' could not be read.`)
  await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(path))
}

/** The files of a model version of a workspace, or of a registry by its ticket. */
export async function* filesOfModel(client: Client, model: Wire): AsyncGenerator<DataFile, void, undefined> {
  const id = String(model['id'])
  const uri = String(part(model['properties'])['modelUri'] ?? '')
  const isRegistry = /\/registries\//i.test(id)
  if (!isRegistry) {
    yield* listDataFiles(client, id.replace(/\/models\/.*$/i, ''), uri)
    return
  }
  const { base, name, version } = registryModel(id)
  const ticket = await client.post<Wire>(`${base}/datarefs/${name}/versions/${version}`, { assetId: id, blobUri: uri })
  const sasUri = String(part(part(ticket['blobReferenceForConsumption'])['credential'])['sasUri'])
  yield* listSignedFiles(client, { sasUri, prefix: pathInContainer(uri, sasUri) })
}

/** `azureml://registries/R/models/N/versions/V` or the ARM id of the same. */
function registryModel(id: string): { base: string; name: string; version: string } {
  const [, base, name, version] = /^(.*)\/models\/([^/]+)\/versions\/([^/]+)$/i.exec(id) ?? []
  if (base === undefined || name === undefined || version === undefined) throw new AzFailure(`'${id}' is no version of a model.`)
  return { base, name, version }
}

/** What of a blob's address lies below the container that the ticket opens. */
function pathInContainer(uri: string, sasUri: string): string {
  const container = new URL(sasUri).pathname.replace(/\/$/, '')
  const path = URL.canParse(uri) ? new URL(uri).pathname : uri
  return path.startsWith(`${container}/`) ? decodeURIComponent(path.slice(container.length + 1)) : ''
}
