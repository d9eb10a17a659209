import type { ArmResource } from '../api.ts'
import { nameOfId } from '../arm.ts'
import { Link } from '../ui/Link.tsx'
import { assetHref, parseRegistryReference, type RegistryReference } from './asset-link.ts'
import { useArmList, useSession } from './queries.ts'

/** A model version by its short name, leading to its page: in the workspace, or in the registry from which it is taken. */
export function ModelReference({ reference, workspacePath }: { reference: string; workspacePath: string }) {
  const shared = parseRegistryReference(reference)
  if (shared) return <SharedModel {...shared} />
  const href = assetHref(reference, workspacePath)
  return href ? <Link href={href}>{nameOfId(reference)}</Link> : reference
}

function SharedModel({ registry, name, version }: RegistryReference) {
  const { subscriptionId } = useSession()
  const { rows } = useArmList<ArmResource<unknown>>(
    `/subscriptions/${subscriptionId}/providers/Microsoft.MachineLearningServices/registries`,
  )
  const found = rows?.find((row) => row.name.toLowerCase() === registry.toLowerCase())
  const href = found && assetHref(`${found.id}/models/${name}/versions/${version}`, '')
  const shown = `${name}:${version}`
  return (
    <>
      {href ? <Link href={href}>{shown}</Link> : shown} from {registry}
    </>
  )
}
