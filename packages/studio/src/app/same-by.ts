import { apiVersion } from '../api.ts'
import type { SameByProps } from '../ui/Code.tsx'

/** The header with the caller's token, as all curl lines carry it. */
export const bearer = '-H "Authorization: Bearer $FULCRUM_TOKEN"'

interface Place {
  readonly resourceGroup: string
  readonly name: string
}

/** Options that name a workspace on the command line. */
export function workspaceOptions({ resourceGroup, name }: Place): string {
  return `--resource-group ${resourceGroup} --workspace-name ${name}`
}

/** A view read from the API. @param path from the root of the server, or undefined while it is not known */
export function sameRead(cli: string | undefined, path: string | undefined, sdk?: string): SameByProps {
  return { ...(cli && { cli }), ...(sdk && { sdk }), curl: `curl ${bearer} \\\n  "${urlOf(path)}"` }
}

/** A change through the API. */
export function sameWrite(
  cli: string | undefined,
  method: 'PUT' | 'POST' | 'DELETE',
  path: string | undefined,
  body?: unknown,
): SameByProps {
  const data = body === undefined ? '' : ` \\\n  -H "content-type: application/json" -d '${JSON.stringify(body)}'`
  return { ...(cli && { cli }), curl: `curl -X ${method} ${bearer}${data} \\\n  "${urlOf(path)}"` }
}

/** Absolute URL of an API path, with the api-version. */
export function urlOf(path = ''): string {
  return `${window.location.origin}${path}${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`
}

/** Lines that open a Python client on a workspace. */
export function pythonClient(place: Place & { readonly id: string | undefined }): string {
  return `from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

ml_client = MLClient(
    DefaultAzureCredential(),
    subscription_id="${place.id?.split('/')[2] ?? ''}",
    resource_group_name="${place.resourceGroup}",
    workspace_name="${place.name}",
)
`
}
