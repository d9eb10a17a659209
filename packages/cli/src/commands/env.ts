import { readEnvironment } from '../environment.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'

/** Prints what other programs read from their environment to speak with this instance, for one workspace. */
export async function printEnvironment(options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const { apiUrl, token } = session.connection
  const workspace = await session.workspace()
  const [, , subscription, , group] = workspace.split('/')
  const variables = {
    MLFLOW_TRACKING_URI: `${apiUrl}/mlflow/v1.0${workspace}`,
    MLFLOW_REGISTRY_URI: `${apiUrl}/mlflow/v1.0${workspace}`,
    MLFLOW_TRACKING_TOKEN: token,
    AZUREML_DEV_URL_MFE: apiUrl,
    ARM_CLOUD_METADATA_URL: `${apiUrl}/metadata/endpoints`,
    AZUREML_ARM_SUBSCRIPTION: subscription ?? '',
    AZUREML_ARM_RESOURCEGROUP: group ?? '',
    AZUREML_ARM_WORKSPACE_NAME: workspace.slice(workspace.lastIndexOf('/') + 1),
    FULCRUM_HOME: readEnvironment().dataDirectory,
    FULCRUM_URL: apiUrl,
    FULCRUM_TOKEN: token,
  }
  if (options.output !== undefined || options.query !== undefined) return print(variables, options)
  for (const [name, value] of Object.entries(variables))
    process.stdout.write(`export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
}
