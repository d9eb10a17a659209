import type { Resource } from '@fulcrum/contract'
import type { UploadFile } from '@fulcrum/sdk'
import { readLocalTree } from '../local-files.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession, type Session } from '../session.ts'

const base = (session: Session): string => `/subscriptions/${session.subscriptionId}/providers/Fulcrum.Storage/mirrors`
const pieceBytes = 4 * 1024 * 1024

export async function listMirrors(options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const found: unknown[] = []
  for await (const { name, properties } of session.client.list(base(session)))
    found.push({
      name,
      prefix: properties['prefix'],
      files: properties['fileCount'],
      bytes: properties['sizeBytes'],
      digest: properties['digest'],
    })
  await print(found, options)
}

/** Copies a file or folder of this computer into the platform, to answer for a URL prefix; the same name again replaces the copy. */
export async function addMirror(
  prefix: string,
  path: string,
  options: GlobalOptions & { readonly name?: string },
): Promise<void> {
  const session = await openSession(options)
  const name = options.name ?? nameFor(prefix)
  const id = `${base(session)}/${encodeURIComponent(name)}`
  const tree = await readLocalTree(path)
  const files = []
  for (const file of tree.files) files.push({ path: tree.kind === 'file' ? '' : file.path, ...(await store(session, id, file)) })
  await print(await session.client.put<Resource>(id, { properties: { prefix, files } }), options)
}

async function store(session: Session, id: string, file: UploadFile): Promise<{ digest: string; sizeBytes: number }> {
  const response = await session.client.fetch('POST', `${id}/content`, {
    body: streamOf(file),
    headers: { 'content-type': 'application/octet-stream' },
  })
  return (await response.json()) as { digest: string; sizeBytes: number }
}

/** Read in pieces, so that a large file is never in memory. */
function streamOf(file: UploadFile): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    async pull(controller) {
      const end = Math.min(at + pieceBytes, file.sizeBytes)
      if (at >= end) return controller.close()
      controller.enqueue(await file.read(at, end))
      at = end
    },
  })
}

/** A name that the same prefix always gets. */
function nameFor(prefix: string): string {
  return prefix
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replaceAll(/^[-_.]+|[-.]+$/g, '')
    .slice(0, 200)
}

export async function removeMirror(name: string, options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  await session.client.delete(`${base(session)}/${encodeURIComponent(name)}`)
  process.stderr.write(`Removed the mirror '${name}'.\n`)
}
