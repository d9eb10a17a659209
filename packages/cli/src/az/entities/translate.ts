/** A resource as the API gives it, or a part of one. */
export type Wire = Readonly<Record<string, unknown>>
export type Entity = Record<string, unknown>
type Reader = (wire: Wire) => unknown

export function isWire(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function part(value: unknown): Wire {
  return isWire(value) ? value : {}
}

/**
 * A translation from wire to entity as a table: the member that is printed, and where it is found (a path with dots, or a reader).
 * Members without a value are left out, as the SDK's dump leaves them out.
 */
export function table(members: Readonly<Record<string, string | Reader>>): (wire: Wire) => Entity {
  const readers = Object.entries(members).map(
    ([name, member]) => [name, typeof member === 'string' ? at(member) : member] as const,
  )
  return (wire) => withValues(readers.map(([name, read]) => [name, read(wire)]))
}

/** Reads a path with dots, and converts what is there. */
export function at(path: string, convert: (value: unknown) => unknown = (value) => value): Reader {
  const keys = path.split('.')
  return (wire) => {
    let value: unknown = wire
    for (const key of keys) value = isWire(value) ? value[key] : undefined
    return value === undefined || value === null ? undefined : convert(value)
  }
}

export function withValues(entries: readonly (readonly [string, unknown])[]): Entity {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null))
}

/** `SystemAssigned` → `system_assigned`, `AADToken` → `aad_token`. */
export function snake(value: unknown): string {
  return String(value)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
}

/** Members of a mapping from camelCase to snake_case at every depth. */
export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys)
  if (!isWire(value)) return value
  return withValues(Object.entries(value).map(([key, entry]) => [snake(key), snakeKeys(entry)]))
}

/** A mapping, unless it is empty: some dumps leave such out. */
export function unlessEmpty(value: unknown): unknown {
  return Object.keys(part(value)).length === 0 ? undefined : value
}

export const lower = (value: unknown): string => String(value).toLowerCase()

/** `PT1M30S` → 90. Numbers are seconds already. */
export function seconds(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const [, days, hours, minutes, rest] =
    /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(String(value)) ?? []
  if (days === undefined && hours === undefined && minutes === undefined && rest === undefined) return undefined
  return Number(days ?? 0) * 86400 + Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0)
}

export function wholeSeconds(value: unknown): number | undefined {
  const found = seconds(value)
  return found === undefined ? undefined : Math.trunc(found)
}

export function milliseconds(value: unknown): number | undefined {
  const found = seconds(value)
  return found === undefined ? undefined : Math.round(found * 1000)
}

/** A moment as Python's isoformat writes it: microseconds unless they are none, and the offset. */
export function moment(value: unknown): string {
  const date = new Date(String(value))
  if (Number.isNaN(date.getTime())) return String(value)
  const whole = date.toISOString().slice(0, 19)
  const fraction = /\.(\d{1,6})\d*(?:Z|[+-])/.exec(String(value))?.[1]?.padEnd(6, '0') ?? '000000'
  return `${whole}${fraction === '000000' ? '' : `.${fraction}`}+00:00`
}

export const creationContext = table({
  created_at: at('createdAt', moment),
  created_by: 'createdBy',
  created_by_type: 'createdByType',
  last_modified_at: at('lastModifiedAt', moment),
  last_modified_by: 'lastModifiedBy',
  last_modified_by_type: 'lastModifiedByType',
})

/** `creation_context` of a resource. */
export const created: Reader = at('systemData', (value) => creationContext(part(value)))

/** `azureml:` in front of an ARM id; other references stay as they are. */
export function armReference(value: unknown): string {
  const reference = String(value)
  return reference.startsWith('/subscriptions/') ? `azureml:${reference}` : reference
}

const versioned =
  /^(?:azureml:)?\/subscriptions\/.+\/workspaces\/[^/]+\/(?:environments|codes|components|models|data)\/([^/]+)\/versions\/([^/]+)$/i

/** An ARM id of an asset as `azureml:name:version`; other references stay as they are. */
export function shortReference(value: unknown): string {
  const [, name, version] = versioned.exec(String(value)) ?? []
  return name === undefined ? armReference(value) : `azureml:${name}:${version}`
}

/** An ARM id of compute as `azureml:name`; `local` and expressions stay as they are. */
export function computeReference(value: unknown): string {
  const [, name] = /\/computes\/([^/]+)$/i.exec(String(value)) ?? []
  if (name === undefined) return String(value)
  return name.toLowerCase() === 'local' ? 'local' : `azureml:${name}`
}

/** A managed identity, with its users as a list. */
export function identity(value: unknown): Entity {
  const found = part(value)
  const users = found['userAssignedIdentities']
  return withValues([
    ['type', snake(String(found['type'] ?? 'None').replace(/,\s*/, '')).replace('assigneduser', 'assigned_user')],
    ['principal_id', found['principalId']],
    ['tenant_id', found['tenantId']],
    [
      'user_assigned_identities',
      isWire(users)
        ? Object.entries(users).map(([id, entry]) =>
            withValues([
              ['resource_id', id],
              ['principal_id', part(entry)['principalId']],
              ['client_id', part(entry)['clientId']],
            ]),
          )
        : undefined,
    ],
  ])
}

/** The group in an ARM id. */
export function groupOf(id: unknown): string | undefined {
  return /\/resourcegroups\/([^/]+)/i.exec(String(id))?.[1]
}

/** The name that follows a segment in an ARM id, e.g. `onlineEndpoints`. */
export function nameAfter(id: unknown, type: string): string | undefined {
  const parts = String(id).split('/')
  const index = parts.findIndex((entry) => entry.toLowerCase() === type.toLowerCase())
  return index === -1 ? undefined : parts[index + 1]
}
