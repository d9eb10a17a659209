import { OAuthError } from './oauth-error.ts'

const openIdScopes = new Set(['openid', 'profile', 'offline_access', 'email'])

/**
 * The `aud` that a `scope` of the second version asks for: `https://ml.azure.com/.default` → `https://ml.azure.com`,
 * `https://management.azure.com//.default` → `https://management.azure.com/` (the name of a resource may end in a slash).
 * @throws OAuthError invalid_scope
 */
export function audienceOfScope(scope: string): string {
  const [named, ...others] = scope.split(/\s+/).filter((part) => part !== '' && !openIdScopes.has(part.toLowerCase()))
  if (named === undefined)
    throw new OAuthError(
      'invalid_scope',
      'No resource is asked for; use a scope such as https://management.azure.com/.default.',
      { number: 70011 },
    )
  const audience = resourceOf(named)
  const foreign = others.find((other) => resourceOf(other) !== audience)
  if (foreign !== undefined)
    throw new OAuthError('invalid_scope', `A token is for one resource, but both '${named}' and '${foreign}' are asked for.`, {
      number: 28000,
    })
  return audience
}

function resourceOf(scope: string): string {
  const slash = scope.lastIndexOf('/')
  const audience = scope.slice(0, slash)
  if (slash <= 0 || audience.length > 256 || /^https?:\/?$/.test(audience))
    throw new OAuthError(
      'invalid_scope',
      `The scope '${scope.slice(0, 100)}' names no resource; it must have the form <resource>/.default.`,
      { number: 70011 },
    )
  return audience
}
