import { AppError } from '@fulcrum/contract'
import type { Client } from './types.ts'
import { openContainer, type Container } from './uploads.ts'

export interface DataFile {
  /** Below the URI it was listed by, with `/`; the file's own name when the URI names one file. */
  readonly path: string
  readonly sizeBytes: number
  /** The bytes, as they arrive. */
  open(): Promise<Response>
}

const versionHeader = { 'x-ms-version': '2021-12-02' }

/**
 * The files behind an `azureml://datastores/{name}/paths/{path}` URI (or its long form), or of one file.
 * @throws InvalidUri the URI is of another form
 */
export async function* listDataFiles(
  client: Client,
  workspaceId: string,
  uri: string,
): AsyncGenerator<DataFile, void, undefined> {
  const [, datastore, path] = /\/datastores\/([^/]+)\/(?:paths\/)?(.*)$/i.exec(uri) ?? []
  if (datastore === undefined || path === undefined) throw new AppError('InvalidUri', `'${uri}' names nothing in a datastore.`)
  const container = await openContainer(client, `${workspaceId}/datastores/${datastore}`)
  yield* filesBelow(client, container, path)
}

/** The files below a container that a signed address opens, as registries hand out. */
export async function* listSignedFiles(
  client: Client,
  address: { readonly sasUri: string; readonly prefix: string },
): AsyncGenerator<DataFile, void, undefined> {
  const url = new URL(address.sasUri)
  yield* filesBelow(
    client,
    { base: url.pathname.replace(/\/$/, ''), signature: Object.fromEntries(url.searchParams) },
    address.prefix,
  )
}

async function* filesBelow(client: Client, container: Container, path: string): AsyncGenerator<DataFile, void, undefined> {
  const exact = path.replace(/\/$/, '')
  let marker: string | undefined
  do {
    const query = { restype: 'container', comp: 'list', prefix: exact, marker, ...container.signature }
    const xml = await (await client.fetch('GET', container.base, { query, headers: versionHeader })).text()
    for (const [, blob = ''] of xml.matchAll(/<Blob>([\s\S]*?)<\/Blob>/g)) {
      const name = unescapeXml(/<Name>([\s\S]*?)<\/Name>/.exec(blob)?.[1] ?? '')
      // A prefix also matches neighbours that begin alike.
      if (name !== exact && exact !== '' && !name.startsWith(`${exact}/`)) continue
      yield {
        path: name === exact ? name.slice(name.lastIndexOf('/') + 1) : name.slice(exact === '' ? 0 : exact.length + 1),
        sizeBytes: Number(/<Content-Length>(\d+)</.exec(blob)?.[1] ?? 0),
        open: () =>
          client.fetch('GET', `${container.base}/${name.split('/').map(encodeURIComponent).join('/')}`, {
            query: container.signature,
            headers: versionHeader,
          }),
      }
    }
    marker = unescapeXml(/<NextMarker>([^<]+)</.exec(xml)?.[1] ?? '') || undefined
  } while (marker !== undefined)
}

function unescapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return names[name] ?? whole
    const isHex = name[1]?.toLowerCase() === 'x'
    return String.fromCodePoint(Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10))
  })
}
