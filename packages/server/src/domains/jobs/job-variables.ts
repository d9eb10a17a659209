import { parseArmId } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { addressOf, mlflowAddressOf } from '../workspaces/index.ts'
import type { Attempt } from './engine-types.ts'
import { deviceVariables } from './queue/attempt-resources.ts'

/**
 * The environment variables of a job process: Azure's names, so that training scripts run as they are.
 * `MLFLOW_RUN_ID` makes `mlflow.start_run()` attach to the job's own run. The job's own variables win, except over the credential.
 */
export function jobVariables(
  ctx: Context,
  attempt: Attempt,
  run: { readonly token: string; readonly experimentId: string },
): Record<string, string> {
  const parsed = parseArmId(attempt.workspaceId)
  const base = addressOf(ctx)
  const { spec } = attempt.step
  const devices = deviceVariables(ctx, attempt.step)
  return {
    AZUREML_RUN_ID: attempt.jobName,
    AZUREML_ARM_SUBSCRIPTION: parsed?.subscriptionId ?? '',
    AZUREML_ARM_RESOURCEGROUP: parsed?.resourceGroup ?? '',
    AZUREML_ARM_WORKSPACE_NAME: parsed?.segments[0]?.name ?? '',
    AZUREML_EXPERIMENT_ID: run.experimentId,
    AZUREML_EXPERIMENT_NAME: spec.experimentName,
    ...(spec.parentJobName === undefined ? {} : { AZUREML_ROOT_RUN_ID: spec.parentJobName }),
    MLFLOW_EXPERIMENT_ID: run.experimentId,
    PYTHONUNBUFFERED: '1',
    FULCRUM_URL: base,
    // Without a request, whoever names GPUs by hand may.
    ...devices,
    ...spec.environmentVariables,
    ...(attempt.step.devices.length > 0 ? devices : {}),
    MLFLOW_TRACKING_URI: mlflowAddressOf(ctx, attempt.workspaceId),
    MLFLOW_TRACKING_TOKEN: run.token,
    MLFLOW_RUN_ID: attempt.jobName,
    IDENTITY_ENDPOINT: `${base}/msi/token`,
    IDENTITY_HEADER: run.token,
    MSI_ENDPOINT: `${base}/msi/token`,
    MSI_SECRET: run.token,
  }
}
