import type { CursorCodec } from './cursor.ts'
import type { ApiRequest } from './types.ts'

/** Query members of a list that is cut into pages. */
export interface PageQuery {
  readonly $top?: number | undefined
  readonly $skipToken?: string | undefined
}

/**
 * Where the page before ended; `undefined` for the first page.
 * @param filter what else narrows the list: a token is good for the same question only
 * @throws InvalidCursor
 */
export function positionOf<Position>(
  cursors: CursorCodec,
  request: ApiRequest<PageQuery>,
  filter?: string,
): Position | undefined {
  const token = request.query.$skipToken
  return token === undefined ? undefined : (cursors.decode(bindingOf(request, filter), token) as Position)
}

/** The link to the page after `last`; null when there is none. */
export function nextPage(cursors: CursorCodec, request: ApiRequest<PageQuery>, last: unknown, filter?: string): string | null {
  if (last === undefined) return null
  const next = new URL(request.url, request.origin)
  next.searchParams.set('$skipToken', cursors.encode(bindingOf(request, filter), last))
  return next.toString()
}

function bindingOf(request: ApiRequest<PageQuery>, filter = ''): string {
  return `${request.actor.id} ${request.operation.id} ${request.scope.toLowerCase()} ${filter}`
}
