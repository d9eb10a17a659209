import type { Operation } from '@fulcrum/contract'

/** One address under which an operation is served; `scopeParams` rebuild a `{scope*}` prefix. */
export interface Address {
  readonly path: string
  /** Fastify's form of `path`. */
  readonly url: string
  /** Literal and parameter parts of the scope prefix, for operations that attach to any scope. */
  readonly scopeTemplate: string | undefined
}

const scopeForms = [
  '/subscriptions/{subscriptionId}',
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}',
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/{scopeNamespace}/{scopeType1}/{scopeName1}',
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/{scopeNamespace}/{scopeType1}/{scopeName1}/{scopeType2}/{scopeName2}',
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/{scopeNamespace}/{scopeType1}/{scopeName1}/{scopeType2}/{scopeName2}/{scopeType3}/{scopeName3}',
]

/** All addresses of an operation: its path, its aliases, and one per scope form for `/{scope*}/…`. */
export function addressesOf(operation: Operation): Address[] {
  const paths = [operation.path, ...(operation.aliases ?? [])]
  return paths.flatMap((path): Address[] => {
    if (!path.startsWith('/{scope*}')) return [{ path, url: fastifyUrl(path), scopeTemplate: undefined }]
    return scopeForms.map((form) => {
      const full = form + path.slice('/{scope*}'.length)
      return { path: full, url: fastifyUrl(full), scopeTemplate: form }
    })
  })
}

function fastifyUrl(path: string): string {
  return path.replace(/\{(\w+)\*\}$/, '*').replace(/\{(\w+)\}/g, ':$1')
}
