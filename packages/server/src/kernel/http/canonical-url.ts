/** Azure's own front door has the control plane below this path as well, and its SDKs put it in front now and then. */
const managementPrefix = /^\/mferp\/managementfrontend(?=\/subscriptions\/)/i

/**
 * `/store.{account}.{container}/…`: a container as the only segment before the blob's name. Azure's registry clients take everything
 * behind the first segment of a URL for the name.
 */
const flatContainer = /^\/store\.([a-z0-9]{3,24})\.([a-z0-9-]{3,63})(?=[/?]|$)/

/** The spelling under which an operation is routed. */
export function canonicalUrl(url: string): string {
  return url.replace(managementPrefix, '').replace(flatContainer, '/store/$1.blob.core.windows.net/$2')
}
