import { invalid } from '@fulcrum/contract'

const marker = '/providers/microsoft.authorization/'

/** The scope that the id of an extension resource attaches to. */
export function scopeOfExtension(id: string): string {
  const at = id.toLowerCase().lastIndexOf(marker)
  return at <= 0 ? '/' : id.slice(0, at)
}

/**
 * The scope an assignment counts at: its own, or a provider namespace directly below (`…/providers/Fulcrum.Delivery`),
 * which is no resource and so cannot carry an id of its own.
 * @throws InvalidRequestContent for any other scope
 */
export function effectiveScope(id: string, asked: string | null | undefined): string {
  const own = scopeOfExtension(id)
  if (asked === null || asked === undefined || asked.toLowerCase() === own.toLowerCase()) return own
  const prefix = `${own.toLowerCase()}/providers/`
  const rest = asked.toLowerCase().startsWith(prefix) ? asked.slice(prefix.length) : ''
  if (/^[A-Za-z][A-Za-z0-9.]*$/.test(rest)) return asked
  throw invalid(`The scope '${asked}' does not fit the id: it must be '${own}' or a provider namespace directly below it.`, {
    target: 'properties.scope',
  })
}
