import type { z } from 'zod'
import type { ErrorCode } from './errors.ts'

export type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD'

/** How errors and bodies are printed. `arm`: Azure Resource Manager. The others are dialects for foreign clients. */
export type Dialect = 'arm' | 'mlflow' | 'blob' | 'platform'

/**
 * One entry of the operation table. Server bindings, validation, permission checks, OpenAPI, SDK and contract tests
 * come from it; a handler without an entry, or an entry without a handler, stops the start-up.
 */
export interface Operation<
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  /** Stable, dotted, unique: `<noun>.<verb>`. */
  readonly id: string
  readonly method: Method
  /** With `{name}` placeholders; a trailing `{name*}` takes the rest, slashes included. */
  readonly path: string
  /** Further paths under which the same operation answers. */
  readonly aliases?: readonly string[]
  readonly summary: string
  /** An Azure action (`Microsoft.…/read`), or `public` (no token), or `authenticated` (any principal). */
  readonly action: string
  readonly plane: 'control' | 'data'
  /** Template of the resource id on which `action` is checked, with the placeholders of `path`. */
  readonly scope: string
  /** The handler filters rows by the caller's allowed scopes, so lacking the right at `scope` gives an empty list, not 403. */
  readonly filtered?: boolean
  readonly dialect: Dialect
  readonly query?: Query
  readonly body?: Body
  readonly response?: Response
  /** `json` (default) parsed and validated; `stream` handed over unread. */
  readonly bodyKind?: 'json' | 'stream'
  readonly bodyLimitBytes?: number
  readonly success: readonly number[]
  readonly longRunning?: boolean
  readonly errors?: readonly ErrorCode[]
  /** An example request body that `body` accepts. */
  readonly example?: unknown
}

type Draft<Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = Omit<
  Operation<Q, B, R>,
  'plane' | 'scope' | 'dialect' | 'success'
> &
  Partial<Pick<Operation, 'plane' | 'scope' | 'dialect' | 'success'>>

/** Declares an operation. `scope` defaults to the resource that `path` names (its last whole type/name pair). */
export function operation<Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  draft: Draft<Q, B, R>,
): Operation<Q, B, R> {
  return {
    ...draft,
    plane: draft.plane ?? 'control',
    dialect: draft.dialect ?? 'arm',
    scope: draft.scope ?? scopeOf(draft.path),
    success: draft.success ?? [200],
  }
}

/** The longest prefix of an ARM path that is a resource, group or subscription id. */
export function scopeOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '')
  if (parts[0] !== 'subscriptions') return '/'
  let end = 2
  if (parts[2]?.toLowerCase() === 'resourcegroups' && parts[3] !== undefined) end = 4
  if (parts[end] === 'providers') {
    const pairs = parts.slice(end + 2)
    const named = pairs.length - (pairs.length % 2)
    if (named > 0) end = end + 2 + named
  }
  return `/${parts.slice(0, Math.min(end, parts.length)).join('/')}`
}

/** Fills `{name}` placeholders; values are URI-encoded unless `raw`. */
export function expandPath(template: string, params: Readonly<Record<string, string>>, raw = false): string {
  return template.replace(/\{(\w+)(\*?)\}/g, (_match, name: string, rest: string) => {
    const value = params[name] ?? ''
    if (raw) return value
    return rest === '*' ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value)
  })
}
