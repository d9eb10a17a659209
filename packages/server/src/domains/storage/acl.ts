import { storageError, type StorageError } from './storage-error.ts'

/**
 * POSIX access control lists of paths in a hierarchical account; pure.
 * @see https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-access-control
 */

/** `[default:]type:id:permissions`, e.g. `default:group:4ab…:r-x`; an empty id is the owner or the owning group. */
export interface AclEntry {
  readonly isDefault: boolean
  readonly type: 'user' | 'group' | 'mask' | 'other'
  readonly id: string
  /** Three characters of `rwx` and `-`. */
  readonly permissions: string
}

export interface PathAccess {
  readonly owner: string
  readonly group: string
  readonly entries: readonly AclEntry[]
}

/** Owner of what the platform or the holder of a key made. */
export const superuser = '$superuser'

const types = ['user', 'group', 'mask', 'other'] as const
const mostEntries = 32

/** @throws InvalidAccessControlList naming the entry */
export function parseAcl(text: string): AclEntry[] {
  const entries = text.split(',').map((part) => parseEntry(part.trim()))
  requireWhole(entries)
  return entries
}

/** An entry; for removals without its permissions. */
export function parseEntry(part: string, withPermissions = true): AclEntry {
  const words = part.split(':')
  const isDefault = words[0] === 'default'
  const [type, id = '', permissions = '---'] = isDefault ? words.slice(1) : words
  const found = types.find((known) => known === type)
  const count = words.length - (isDefault ? 1 : 0)
  if (found === undefined || count !== (withPermissions ? 3 : count) || !/^[r-][w-][x-]$/.test(permissions))
    throw wrong(`'${part}' is no entry; write [default:]user|group|mask|other:[id]:rwx.`)
  if ((found === 'mask' || found === 'other') && id !== '') throw wrong(`'${part}': mask and other have no id.`)
  return { isDefault, type: found, id, permissions }
}

function requireWhole(entries: readonly AclEntry[]): void {
  const keys = entries.map(keyOf)
  const twice = keys.find((key, index) => keys.indexOf(key) !== index)
  if (twice !== undefined) throw wrong(`There are two entries '${twice}'.`)
  for (const isDefault of [false, true]) {
    const part = entries.filter((entry) => entry.isDefault === isDefault)
    if (part.length > mostEntries) throw wrong(`There are more than ${mostEntries} entries.`)
    if (part.length === 0 && isDefault) continue
    for (const key of ['user:', 'group:', 'other:'])
      if (!part.some((entry) => `${entry.type}:${entry.id}` === key))
        throw wrong(
          `The entry '${isDefault ? 'default:' : ''}${key}:' is missing; an access control list has all of user, group and other.`,
        )
  }
}

/** `rwxr-x---` or `0750` as entries. */
export function entriesOfMode(mode: string): AclEntry[] {
  const text = /^[0-7]{3,4}$/.test(mode)
    ? Array.from(mode.slice(-3), (digit) => bits(Number(digit))).join('')
    : mode.replace(/\+$/, '')
  if (!/^([r-][w-][xst-]){3}$/i.test(text)) throw wrong(`'${mode}' are no permissions; write rwxr-x--- or 0750.`)
  const part = (index: number): string =>
    text
      .slice(index, index + 3)
      .replace(/[st]/, 'x')
      .replace(/[ST]/, '-')
  return (['user', 'group', 'other'] as const).map((type, index) => ({
    isDefault: false,
    type,
    id: '',
    permissions: part(index * 3),
  }))
}

function bits(digit: number): string {
  return `${digit & 4 ? 'r' : '-'}${digit & 2 ? 'w' : '-'}${digit & 1 ? 'x' : '-'}`
}

export function printAcl(entries: readonly AclEntry[]): string {
  return entries
    .map(({ isDefault, type, id, permissions }) => `${isDefault ? 'default:' : ''}${type}:${id}:${permissions}`)
    .join(',')
}

/** `rwxr-x---`, with `+` when there are more entries than the three. */
export function printMode(entries: readonly AclEntry[]): string {
  const plain = (type: AclEntry['type']): string =>
    entries.find((entry) => !entry.isDefault && entry.type === type && entry.id === '')?.permissions ?? '---'
  const mask = maskOf(entries)
  return `${plain('user')}${mask ?? plain('group')}${plain('other')}${entries.some((entry) => entry.isDefault || entry.id !== '') ? '+' : ''}`
}

function maskOf(entries: readonly AclEntry[]): string | undefined {
  return entries.find((entry) => !entry.isDefault && entry.type === 'mask')?.permissions
}

/** Sets the three basic entries and leaves those of named people; with such, the group's bits are the mask, as chmod has it. */
export function changeMode(entries: readonly AclEntry[], mode: string): AclEntry[] {
  const basic = entriesOfMode(mode)
  const others = entries.filter((entry) => entry.isDefault || entry.id !== '' || entry.type === 'mask')
  const [user, group, other] = basic
  if (user === undefined || group === undefined || other === undefined || maskOf(entries) === undefined)
    return [...basic, ...others]
  const kept = entries.find((entry) => !entry.isDefault && entry.type === 'group' && entry.id === '') ?? group
  return [
    user,
    kept,
    other,
    ...others.map((entry) => (!entry.isDefault && entry.type === 'mask' ? { ...entry, permissions: group.permissions } : entry)),
  ]
}

/** A mask is computed, as setfacl does, when there are named entries and none was given. */
export function withMask(entries: readonly AclEntry[]): AclEntry[] {
  const completed = [...entries]
  for (const isDefault of [false, true]) {
    const part = entries.filter((entry) => entry.isDefault === isDefault)
    if (!part.some((entry) => entry.id !== '') || part.some((entry) => entry.type === 'mask')) continue
    const capped = part.filter((entry) => entry.type === 'group' || (entry.type === 'user' && entry.id !== ''))
    const permissions = ['r', 'w', 'x'].map((letter) =>
      capped.some((entry) => entry.permissions.includes(letter)) ? letter : '-',
    )
    completed.push({ isDefault, type: 'mask', id: '', permissions: permissions.join('') })
  }
  return completed
}

/** Adds or replaces entries; the rest stays. */
export function mergeAcl(entries: readonly AclEntry[], changes: readonly AclEntry[]): AclEntry[] {
  const changed = new Map(changes.map((entry) => [keyOf(entry), entry]))
  const kept = entries.filter((entry) => !changed.has(keyOf(entry)))
  return [...kept, ...changed.values()]
}

/** Without some entries; the three basic ones stay. */
export function removeFromAcl(entries: readonly AclEntry[], removed: readonly AclEntry[]): AclEntry[] {
  const gone = new Set(removed.map(keyOf))
  const isBasic = (entry: AclEntry): boolean => !entry.isDefault && entry.id === '' && entry.type !== 'mask'
  return entries.filter((entry) => isBasic(entry) || !gone.has(keyOf(entry)))
}

/**
 * What a new path gets: the parent's default entries (and, for a folder, these as its own defaults), else the mode `rwxr-x---` for folders
 * and `rw-r-----` for files.
 */
export function inheritedAccess(
  parent: PathAccess,
  item: {
    readonly owner: string
    readonly isDirectory: boolean
    readonly mode?: string | undefined
    readonly umask?: string | undefined
  },
): PathAccess {
  const { owner, isDirectory, mode, umask } = item
  const defaults = parent.entries.filter((entry) => entry.isDefault)
  const group = parent.group
  if (defaults.length > 0) {
    const own = defaults.map((entry) => ({ ...entry, isDefault: false }))
    return { owner, group, entries: isDirectory ? [...own, ...defaults] : own.map(withoutExecute) }
  }
  const wanted = mode === undefined ? entriesOfMode(isDirectory ? '0777' : '0666') : entriesOfMode(mode)
  return { owner, group, entries: masked(wanted, umask ?? '0027') }
}

function withoutExecute(entry: AclEntry): AclEntry {
  return { ...entry, permissions: `${entry.permissions.slice(0, 2)}-` }
}

function masked(entries: readonly AclEntry[], umask: string): AclEntry[] {
  if (!/^[0-7]{3,4}$/.test(umask)) throw wrong(`'${umask}' is no umask; write 0027.`)
  const digits = Array.from(umask.slice(-3), Number)
  return entries.map((entry, index) => {
    const hidden = bits(digits[index] ?? 0)
    return { ...entry, permissions: [...entry.permissions].map((letter, at) => (hidden[at] === letter ? '-' : letter)).join('') }
  })
}

/** Whether somebody has all of the wanted permissions, by the algorithm that Azure documents. */
export function isAllowed(
  access: PathAccess,
  who: { readonly id: string; readonly groups: readonly string[] },
  wanted: string,
): boolean {
  const own = access.entries.filter((entry) => !entry.isDefault)
  const has = (permissions: string): boolean => [...wanted].every((letter) => permissions.includes(letter))
  const cap = maskOf(access.entries)
  const capped = (permissions: string): string =>
    cap === undefined ? permissions : [...permissions].map((letter) => (cap.includes(letter) ? letter : '-')).join('')
  const find = (type: AclEntry['type'], id: string): AclEntry | undefined =>
    own.find((entry) => entry.type === type && entry.id === id)
  if (who.id === access.owner) return has(find('user', '')?.permissions ?? '---')
  const named = find('user', who.id)
  if (named !== undefined) return has(capped(named.permissions))
  const groups = own.filter(
    (entry) => entry.type === 'group' && (entry.id === '' ? who.groups.includes(access.group) : who.groups.includes(entry.id)),
  )
  if (groups.length > 0) return groups.some((entry) => has(capped(entry.permissions)))
  return has(find('other', '')?.permissions ?? '---')
}

function keyOf({ isDefault, type, id }: AclEntry): string {
  return `${isDefault ? 'default:' : ''}${type}:${id}`
}

function wrong(message: string): StorageError {
  return storageError(400, 'InvalidAccessControlList', message, 'x-ms-acl')
}
