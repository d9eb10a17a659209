import { writeTrustFiles } from '../ca-bundle.ts'
import type { Connection } from '../connection.ts'
import { type CliEnvironment, readEnvironment } from '../environment.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'

/** Name under which SDKs know this instance as a cloud. */
const cloudName = 'Fulcrum'

interface EnvOptions extends GlobalOptions {
  /** Print the `cloud_metadata` of an SDK instead. */
  readonly cloud?: boolean
  /** Name the cloud as well: for SDKs that know custom clouds but do not choose one by its metadata URL (azure-ai-ml 1.5 to 1.2x). */
  readonly currentCloud?: boolean
}

/** Prints what other programs read from their environment to speak with this instance, for one workspace. */
export async function printEnvironment(options: EnvOptions): Promise<void> {
  const session = await openSession(options)
  if (options.cloud === true)
    return print(cloudMetadata(secureUrlOf(session.connection)), { ...options, output: options.output ?? 'json' })
  const environment = readEnvironment()
  const variables = {
    ...azureVariables(session.connection, options.currentCloud === true),
    ...(await trustVariables(session.connection, environment)),
    ...workspaceVariables(session.connection, await session.workspace()),
    FULCRUM_HOME: environment.dataDirectory,
    FULCRUM_URL: session.connection.apiUrl,
    FULCRUM_TOKEN: session.connection.token,
  }
  if (options.output !== undefined || options.query !== undefined) return print(variables, options)
  for (const [name, value] of Object.entries(variables))
    process.stdout.write(`export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
}

/** Azure's clients send tokens over https only. */
function secureUrlOf({ apiUrl, httpsUrl }: Connection): string {
  return (apiUrl.startsWith('https:') ? apiUrl : (httpsUrl ?? apiUrl)).replace(/\/+$/, '')
}

function azureVariables(connection: Connection, namesCloud: boolean): Record<string, string> {
  const secureUrl = secureUrlOf(connection)
  return {
    AZUREML_DEV_URL_MFE: secureUrl,
    ARM_CLOUD_METADATA_URL: `${secureUrl}/metadata/endpoints`,
    REGISTRY_DISCOVERY_ENDPOINT_URL: `${secureUrl}/`,
    ...(namesCloud ? { AZUREML_CURRENT_CLOUD: cloudName } : {}),
    IDENTITY_ENDPOINT: `${connection.apiUrl}/msi/token`,
    IDENTITY_HEADER: connection.token,
  }
}

/** Nothing when the server shows a certificate of the user's own authority: the host trusts it, or has been told to. */
async function trustVariables(connection: Connection, environment: CliEnvironment): Promise<Record<string, string>> {
  if (connection.authorityPath === undefined) return {}
  const { bundle, additions } = await writeTrustFiles(environment, connection.authorityPath)
  return { REQUESTS_CA_BUNDLE: bundle, CURL_CA_BUNDLE: bundle, SSL_CERT_FILE: bundle, NODE_EXTRA_CA_CERTS: additions }
}

function workspaceVariables({ apiUrl, token }: Connection, workspace: string): Record<string, string> {
  const [, , subscription = '', , group = ''] = workspace.split('/')
  return {
    MLFLOW_TRACKING_URI: `${apiUrl}/mlflow/v1.0${workspace}`,
    MLFLOW_REGISTRY_URI: `${apiUrl}/mlflow/v1.0${workspace}`,
    MLFLOW_TRACKING_TOKEN: token,
    AZUREML_ARM_SUBSCRIPTION: subscription,
    AZUREML_ARM_RESOURCEGROUP: group,
    AZUREML_ARM_WORKSPACE_NAME: workspace.slice(workspace.lastIndexOf('/') + 1),
  }
}

/** `MLClient(…, cloud="Fulcrum", cloud_metadata={…})` of azure-ai-ml. */
function cloudMetadata(secureUrl: string): Record<string, string> {
  return {
    azure_portal: `${secureUrl}/`,
    resource_manager: `${secureUrl}/`,
    active_directory: `${secureUrl}/`,
    aml_resource_id: 'https://ml.azure.com',
    storage_endpoint: 'core.windows.net',
    registry_discovery_endpoint: `${secureUrl}/`,
  }
}
