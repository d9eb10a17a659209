import type { Area, Members, Variant } from './types.ts'

const message = 'not supported'
const trigger = { triggerType: 'Cron', expression: '0 6 * * 1', timeZone: 'UTC' }
const schedule = (name: string, action: Members, rest: Partial<Variant>): Variant =>
  ({
    name,
    path: `schedules/${String(action['actionType'])}${'sourceJobId' in ((action['jobDefinition'] as Members) ?? {}) ? '-source' : ''}`,
    body: { properties: { displayName: name, isEnabled: false, trigger, action } },
    runs: 'yes',
    ...rest,
  }) as Variant
const fired = { runs: 'yes', provenBy: 'server/src/domains/jobs/jobs-api.test.ts' } as const
const refused = { runs: 'refused', when: 'POST trigger', message } as const

export const schedules: Area = {
  title: 'Schedules',
  variants: [
    schedule('CreateJob', { actionType: 'CreateJob', jobDefinition: { jobType: 'Command', command: 'echo hello' } }, fired),
    schedule(
      'CreateJob by reference',
      { actionType: 'CreateJob', jobDefinition: { jobType: 'Pipeline', sourceJobId: 'pipeline' } },
      fired,
    ),
    schedule(
      'CreateMonitor',
      {
        actionType: 'CreateMonitor',
        monitorDefinition: {
          computeConfiguration: {
            computeType: 'ServerlessSpark',
            instanceType: 'standard_e4s_v3',
            runtimeVersion: '3.4',
            computeIdentity: { computeIdentityType: 'AmlToken' },
          },
          monitoringTarget: { taskType: 'classification' },
          signals: {
            drift: {
              signalType: 'DataDrift',
              mode: 'Enabled',
              productionData: [
                {
                  inputDataType: 'Trailing',
                  windowSize: 'P1D',
                  windowOffset: 'P0D',
                  jobInputType: 'uri_folder',
                  uri: 'azureml:a:1',
                },
              ],
              referenceData: { inputDataType: 'Fixed', jobInputType: 'uri_folder', uri: 'azureml:b:1' },
              metricThresholds: [{ dataType: 'Numerical', metric: 'normalizedWassersteinDistance', threshold: { value: 0.1 } }],
            },
          },
          alertNotificationSetting: {
            alertNotificationType: 'Email',
            emailNotificationSetting: { emails: ['ana@example.org'], emailOn: ['JobFailed'] },
          },
        },
      },
      {
        runs: 'yes',
        note: 'drift, quality and performance; no attribution drift, generation or custom signals; no e-mail',
        provenBy: 'server/src/domains/monitoring/monitoring.test.ts',
      },
    ),
    schedule(
      'ImportData',
      {
        actionType: 'ImportData',
        dataImportDefinition: { assetName: 'a', dataType: 'mltable', dataUri: 'azureml://datastores/workspaceblobstore/paths/a' },
      },
      refused,
    ),
    schedule(
      'InvokeBatchEndpoint',
      { actionType: 'InvokeBatchEndpoint', endpointInvocationDefinition: { endpointName: 'e' } },
      refused,
    ),
  ],
}

const online = (authMode: string): Variant => ({
  name: `online endpoint by ${authMode}`,
  path: `onlineEndpoints/by-${authMode.toLowerCase()}`,
  body: { location: 'local', properties: { authMode, description: 'An endpoint' } },
  runs: 'yes',
  provenBy: 'server/src/domains/endpoints/endpoints.test.ts',
})
const deployment = (endpointComputeType: string, note?: string): Variant => ({
  name: `online deployment: ${endpointComputeType}`,
  path: `onlineEndpoints/by-key/deployments/${endpointComputeType.toLowerCase()}`,
  body: {
    location: 'local',
    sku: { name: 'Default', capacity: 1 },
    properties: {
      endpointComputeType,
      model: 'azureml:custom:1',
      environmentId: 'azureml:conda:1',
      codeConfiguration: { codeId: 'azureml:code:1', scoringScript: 'score.py' },
      instanceType: 'Standard_DS3_v2',
      requestSettings: { requestTimeout: 'PT5S', maxConcurrentRequestsPerInstance: 1 },
    },
  },
  runs: 'yes',
  ...(note === undefined ? {} : { note }),
  provenBy: 'server/src/domains/endpoints/endpoints.test.ts',
})
const batch = (name: string, properties: Members): Variant => ({
  name: `batch deployment: ${name}`,
  path: `batchEndpoints/scores/deployments/of-${name.split(' ')[0]}`,
  body: { location: 'local', properties },
  runs: 'yes',
  provenBy: 'server/src/domains/endpoints/batch/batch-endpoints.test.ts',
})

export const endpoints: Area = {
  title: 'Endpoints',
  variants: [
    online('Key'),
    online('AMLToken'),
    online('AADToken'),
    deployment('Managed', 'processes of this host'),
    deployment('Kubernetes', 'processes of this host, with the limits and status codes of Kubernetes'),
    {
      name: 'batch endpoint',
      path: 'batchEndpoints/scores',
      body: { location: 'local', properties: { authMode: 'AADToken', description: 'An endpoint' } },
      runs: 'yes',
      provenBy: 'server/src/domains/endpoints/batch/batch-endpoints.test.ts',
    },
    batch('model', {
      model: { referenceType: 'Id', assetId: 'azureml:custom:1' },
      environmentId: 'azureml:conda:1',
      codeConfiguration: { codeId: 'azureml:code:1', scoringScript: 'score.py' },
      compute: 'local',
      miniBatchSize: 10,
      outputAction: 'AppendRow',
    }),
    batch('pipeline component', {
      deploymentConfiguration: {
        deploymentConfigurationType: 'PipelineComponent',
        componentId: { referenceType: 'Id', assetId: 'azureml:flow:1' },
        settings: { default_compute: 'local' },
      },
    }),
    {
      name: 'serverless endpoint',
      path: 'serverlessEndpoints/chat',
      body: {
        location: 'local',
        sku: { name: 'Consumption' },
        properties: { authMode: 'Key', modelSettings: { modelId: 'azureml://registries/azureml-meta/models/a-model' } },
      },
      runs: 'refused',
      when: 'POST listKeys',
      message,
    },
    {
      name: 'marketplace subscription',
      path: 'marketplaceSubscriptions/chat',
      body: { properties: { modelId: 'azureml://registries/azureml-meta/models/a-model' } },
      runs: 'kept',
    },
  ],
}
