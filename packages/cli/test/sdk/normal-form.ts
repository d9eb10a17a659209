import { createHash } from 'node:crypto'
import type { Written } from './memory-assets.ts'

/** A body and what was written with it, in a form in which two clients can be compared. */
export interface Sent extends Written {
  /** Path of the PUT. */
  readonly path: string
  readonly body: unknown
}

/**
 * The body with what differs from client to client taken out: ids of anonymous assets become their content, names of uploads the
 * digest of their files, generated names a mark, and null is the same as absent, as is
 * `isArchived: false`. Facts about a git repository are left out.
 */
export function normalForm(sent: Sent): unknown {
  const body = normal(sent.body, sent)
  return withoutGeneratedName(body, sent.path.slice(sent.path.lastIndexOf('/') + 1))
}

const clientFacts = /^(mlflow\.source\.git\.|azureml\.git\.|client_component_hash$|hash_sha256$|hash_version$)/

function normal(value: unknown, sent: Sent): unknown {
  if (typeof value === 'string') return normalText(value, sent)
  if (Array.isArray(value)) return value.map((item) => normal(item, sent))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([key, entry]) => entry !== null && entry !== undefined && !clientFacts.test(key))
    .filter(([key, entry]) => key !== 'isArchived' || entry !== false)
    .map(([key, entry]) => [key, normal(entry, sent)] as const)
    .filter(([, entry]) => entry !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries)
}

function normalText(text: string, sent: Sent): unknown {
  const id = text.replace(/^azureml:(?=\/subscriptions\/)/, '')
  const put = sent.puts[id]
  if (put !== undefined) return id.includes('/codes/') ? codeOf(put, sent) : { anonymous: normal(put, sent) }
  return text.replace(
    /LocalUpload\/[0-9a-f]{32,64}\/([^/]+)/,
    (place, name: string) => `LocalUpload/${digestAt(`/c/${place}`, sent)}/${name}`,
  )
}

/** A code version is its files. The SDK sends a single empty file where there is no code. */
function codeOf(put: unknown, sent: Sent): unknown {
  const uri = (put as { properties: { codeUri: string } }).properties.codeUri
  const place = decodeURIComponent(new URL(uri).pathname)
  const files = filesBelow(`${place}/`, sent)
  const single = sent.uploads[place]
  const found = single === undefined ? files : { [place.slice(place.lastIndexOf('/') + 1)]: single }
  const names = Object.keys(found)
  return names.length === 1 && names[0] === 'COMPONENT_PLACEHOLDER' ? undefined : { code: found }
}

function filesBelow(prefix: string, { uploads }: Sent): Record<string, string> {
  const entries = Object.entries(uploads).filter(([path]) => path.startsWith(prefix))
  return Object.fromEntries(
    entries
      .map(([path, digest]) => [path.slice(prefix.length), digest] as const)
      .toSorted(([left], [right]) => (left < right ? -1 : 1)),
  )
}

/** Digest of a file or of all files of a folder. */
function digestAt(place: string, sent: Sent): string {
  const content = sent.uploads[place] ?? JSON.stringify(filesBelow(`${place}/`, sent))
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}

function withoutGeneratedName(body: unknown, name: string): unknown {
  const properties = (body as { properties?: Record<string, unknown> }).properties
  return properties?.['displayName'] === name
    ? { ...(body as object), properties: { ...properties, displayName: '(the name)' } }
    : body
}

/** Paths at which two normal forms differ, one line each; `+` is what only the first has. */
export function differences(ours: unknown, theirs: unknown, path = ''): string[] {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return []
  if (!isMapping(ours) || !isMapping(theirs)) return [`${path}: ${brief(ours)} instead of ${brief(theirs)}`]
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].toSorted().flatMap((key) => {
    const place = path === '' ? key : `${path}.${key}`
    if (!(key in theirs)) return [`+ ${place}: ${brief(ours[key])}`]
    if (!(key in ours)) return [`- ${place}: ${brief(theirs[key])}`]
    return differences(ours[key], theirs[key], place)
  })
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function brief(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 160)
}
