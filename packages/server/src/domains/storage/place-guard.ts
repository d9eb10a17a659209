import { invalid } from '@fulcrum/contract'
import type { ResourceWrite } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'

const versions = /\/(?:workspaces|registries)\/(?:codes|data|environments|models)\/versions$/i
const leaves = /(?:^|[\\/])\.\.(?:[\\/?#]|$)/
/** An absolute path or a `file:` URL; ids of resources start with a slash as well. */
const ofComputer = /^(?:file:|[A-Za-z]:[\\/]|~|[\\/](?!subscriptions\/))/i

/**
 * Files of an asset lie in storage: a path that leaves it, or one of somebody's computer, is refused where it is written,
 * not where it is used first.
 * @throws InvalidUri
 */
export function refuseOddPlaces({ existing, body }: ResourceWrite, type: string): void {
  if (!versions.test(type)) return
  const known = Object.values(placesOf(existing?.properties))
  for (const [target, place] of Object.entries(placesOf(body.properties))) {
    if (typeof place !== 'string' || known.includes(place)) continue
    const reason = leaves.test(decoded(place))
      ? "has '..' in its path"
      : ofComputer.test(place)
        ? 'is a place on a computer, not in storage: upload the files first'
        : undefined
    if (reason === undefined) continue
    throw invalid(`${target}: '${place.slice(0, 200)}' ${reason}. Use azureml://datastores/<name>/paths/<path>.`, {
      code: 'InvalidUri',
      target,
    })
  }
}

function placesOf(properties: JsonObject | undefined): Readonly<Record<string, unknown>> {
  const build = properties?.['build'] as JsonObject | null | undefined
  return {
    'properties.dataUri': properties?.['dataUri'],
    'properties.codeUri': properties?.['codeUri'],
    'properties.modelUri': properties?.['modelUri'],
    'properties.build.contextUri': build?.['contextUri'],
  }
}

/** Twice, as what decodes once more on its way would read it. */
function decoded(place: string): string {
  try {
    return decodeURIComponent(decodeURIComponent(place))
  } catch {
    return place.replaceAll(/%2e/gi, '.').replaceAll(/%2f/gi, '/').replaceAll(/%5c/gi, '\\')
  }
}
