/** One message of the server's event stream. */
export interface LiveEvent {
  /** Position in the audit chain; follows the order of commits. */
  readonly sequence: number
  readonly time: string
  readonly type: string
  /** ARM id of what changed. */
  readonly subject: string
  readonly action: string
  readonly result?: string
  readonly data?: unknown
}

/** Reads one message; undefined for what has not the form of an event. */
export function parseLiveEvent(text: string): LiveEvent | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { sequence, subject } = value as Partial<LiveEvent>
    return typeof sequence === 'number' && typeof subject === 'string' ? (value as LiveEvent) : undefined
  } catch {
    return undefined
  }
}

/**
 * Query keys have the form `['arm', path, …]`, the path being a resource id or a collection below one.
 * Lists that gather a type from all resource groups have `['arm-type', 'Namespace/type', …]`.
 * A change of a resource touches its own queries, those of everything below it, and the lists it stands in.
 */
export function isAffected(queryKey: readonly unknown[], resourceId: string): boolean {
  const [kind, path] = queryKey
  if (kind === 'arm-type' && typeof path === 'string')
    return `${resourceId.toLowerCase()}/`.includes(`/providers/${path.toLowerCase()}/`)
  if (kind !== 'arm' || typeof path !== 'string') return false
  const id = resourceId.toLowerCase()
  const key = path.toLowerCase()
  if (key === id || key.startsWith(`${id}/`)) return true
  // A list is the parent path of what is in it; versions touch the list of their container too.
  return id.startsWith(`${key}/`) && id.slice(key.length + 1).split('/').length <= 3
}
