import {
  armReference,
  at,
  computeReference,
  created,
  identity,
  lower,
  milliseconds,
  moment,
  nameAfter,
  part,
  snake,
  snakeKeys,
  table,
  wholeSeconds,
  withValues,
  type Entity,
  type Wire,
} from './translate.ts'

const probe = table({
  initial_delay: at('initialDelay', wholeSeconds),
  period: at('period', wholeSeconds),
  timeout: at('timeout', wholeSeconds),
  failure_threshold: 'failureThreshold',
  success_threshold: 'successThreshold',
})

/** The SDK adds who created an endpoint, and when, to its properties. */
function facts(wire: Wire): unknown {
  const data = part(wire['systemData'])
  const time = (value: unknown): string | undefined => (value === undefined ? undefined : moment(value).replace(/:(\d\d)$/, '$1'))
  return {
    ...part(part(wire['properties'])['properties']),
    ...withValues([
      ['createdAt', time(data['createdAt'])],
      ['createdBy', data['createdBy']],
      ['lastModifiedAt', time(data['lastModifiedAt'])],
    ]),
  }
}

const endpoint = {
  name: 'name',
  id: 'id',
  location: 'location',
  description: 'properties.description',
  tags: (wire: Wire) => wire['tags'] ?? {},
  properties: facts,
  auth_mode: at(
    'properties.authMode',
    (value) => ({ amltoken: 'aml_token', aadtoken: 'aad_token' })[lower(value)] ?? lower(value),
  ),
  scoring_uri: 'properties.scoringUri',
  openapi_uri: 'properties.swaggerUri',
  provisioning_state: 'properties.provisioningState',
} as const

/** @see azure.ai.ml._schema._endpoint.online */
export const onlineEndpointEntity = table({
  ...endpoint,
  traffic: 'properties.traffic',
  mirror_traffic: 'properties.mirrorTraffic',
  compute: at('properties.compute', computeReference),
  public_network_access: at('properties.publicNetworkAccess', lower),
  identity: at('identity', identity),
})

/** @see azure.ai.ml._schema._endpoint.batch */
export const batchEndpointEntity = table({ ...endpoint, defaults: at('properties.defaults', snakeKeys) })

const deployment = {
  name: 'name',
  id: 'id',
  description: 'properties.description',
  tags: (wire: Wire) => wire['tags'] ?? {},
  properties: 'properties.properties',
  code_configuration: at('properties.codeConfiguration', (value) =>
    withValues([
      ['code', armReference(part(value)['codeId'])],
      ['scoring_script', part(value)['scoringScript']],
    ]),
  ),
  environment: at('properties.environmentId', armReference),
  environment_variables: (wire: Wire) => part(wire['properties'])['environmentVariables'] ?? {},
  provisioning_state: 'properties.provisioningState',
  creation_context: created,
} as const

/** @see azure.ai.ml._schema._deployment.online */
export const onlineDeploymentEntity = table({
  ...deployment,
  endpoint_name: at('id', (id) => nameAfter(id, 'onlineEndpoints')),
  type: at('properties.endpointComputeType', lower),
  model: at('properties.model', armReference),
  model_mount_path: 'properties.modelMountPath',
  app_insights_enabled: (wire) => part(wire['properties'])['appInsightsEnabled'] ?? false,
  instance_type: 'properties.instanceType',
  instance_count: 'sku.capacity',
  scale_settings: at('properties.scaleSettings', (value) =>
    table({
      type: at('scaleType', snake),
      min_instances: 'minInstances',
      max_instances: 'maxInstances',
      polling_interval: at('pollingInterval', wholeSeconds),
      target_utilization_percentage: 'targetUtilizationPercentage',
    })(part(value)),
  ),
  request_settings: at('properties.requestSettings', (value) =>
    table({
      request_timeout_ms: at('requestTimeout', milliseconds),
      max_concurrent_requests_per_instance: 'maxConcurrentRequestsPerInstance',
      max_queue_wait_ms: at('maxQueueWait', milliseconds),
    })(part(value)),
  ),
  liveness_probe: at('properties.livenessProbe', (value) => probe(part(value))),
  readiness_probe: at('properties.readinessProbe', (value) => probe(part(value))),
  egress_public_network_access: at('properties.egressPublicNetworkAccess', lower),
  data_collector: at('properties.dataCollector', (value) => dataCollector(part(value))),
  resources: at('properties.containerResourceRequirements', (value) =>
    withValues([
      ['requests', part(value)['containerResourceRequests']],
      ['limits', part(value)['containerResourceLimits']],
    ]),
  ),
})

function dataCollector(value: Wire): Entity {
  const collections = Object.entries(part(value['collections'])).map(([name, entry]) => [
    name,
    withValues([
      ['enabled', lower(part(entry)['dataCollectionMode']) === 'enabled' ? 'true' : 'false'],
      ['client_id', part(entry)['clientId']],
    ]),
  ])
  const rate = Object.values(part(value['collections'])).map((entry) => part(entry)['samplingRate'])
  return withValues([
    ['collections', Object.fromEntries(collections)],
    ['rolling_rate', value['rollingRate'] === undefined ? undefined : lower(value['rollingRate'])],
    ['sampling_rate', rate.find((entry) => entry !== undefined && entry !== null)],
    ['request_logging', value['requestLogging'] === undefined ? undefined : snakeKeys(value['requestLogging'])],
  ])
}

const assetReference = (value: unknown): string | undefined => {
  const found = typeof value === 'string' ? value : (part(value)['assetId'] ?? part(value)['path'])
  return found === undefined ? undefined : armReference(found)
}

const batchSettings = {
  mini_batch_size: 'properties.miniBatchSize',
  max_concurrency_per_instance: 'properties.maxConcurrencyPerInstance',
  output_action: at('properties.outputAction', snake),
  output_file_name: 'properties.outputFileName',
  error_threshold: 'properties.errorThreshold',
  logging_level: at('properties.loggingLevel', lower),
  retry_settings: at('properties.retrySettings', (value) =>
    withValues([
      ['max_retries', part(value)['maxRetries']],
      ['timeout', wholeSeconds(part(value)['timeout'])],
    ]),
  ),
} as const

const batchDeployment = {
  ...deployment,
  endpoint_name: at('id', (id: unknown) => nameAfter(id, 'batchEndpoints')),
} as const

const modelBatchDeployment = table({
  ...batchDeployment,
  ...batchSettings,
  model: at('properties.model', assetReference),
  compute: at('properties.compute', armReference),
  resources: at('properties.resources', (value) =>
    withValues([
      ['instance_count', part(value)['instanceCount']],
      ['instance_type', part(value)['instanceType']],
      ['properties', part(value)['properties']],
    ]),
  ),
})

const pipelineBatchDeployment = table({
  ...batchDeployment,
  type: () => 'pipeline',
  component: at('properties.deploymentConfiguration.componentId', assetReference),
  settings: 'properties.deploymentConfiguration.settings',
})

/** @see azure.ai.ml._schema._deployment.batch */
export function batchDeploymentEntity(wire: Wire): Entity {
  const configuration = part(part(wire['properties'])['deploymentConfiguration'])
  const isPipeline = lower(configuration['deploymentConfigurationType'] ?? '') === 'pipelinecomponent'
  return (isPipeline ? pipelineBatchDeployment : modelBatchDeployment)(wire)
}
