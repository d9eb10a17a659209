import { modelId, type WireResource } from './assets.ts'
import { componentOf } from './components.ts'
import { environmentId } from './environments.ts'
import { jobResources } from './job-parts.ts'
import { codeId, computeId } from './references.ts'
import {
  as,
  boolean,
  choice,
  duration,
  integer,
  listOf,
  mapOf,
  mapping,
  milliseconds,
  number,
  raw,
  type Rule,
  type Run,
  type Shape,
  text,
  texts,
  translate,
  unsent,
} from './shape.ts'
import { compact, plain } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

const probe = mapping({
  initial_delay: duration,
  period: duration,
  timeout: duration,
  failure_threshold: integer,
  success_threshold: integer,
})

const codeConfiguration: Rule = async (node, run) => {
  node.only(['code', 'scoring_script'])
  const code = node.get('code')
  return compact({
    codeId: code === undefined ? undefined : await codeId(code, run.assets),
    scoringScript: node.get('scoring_script')?.text(),
  })
}

/** Members of online and batch deployments alike. */
const deploymentShape: Shape = {
  name: unsent,
  type: unsent,
  id: unsent,
  endpoint_name: unsent,
  provisioning_state: unsent,
  description: text,
  tags: texts,
  properties: texts,
  location: text,
  model: modelId,
  environment: as('environmentId', environmentId),
  code_configuration: codeConfiguration,
  environment_variables: texts,
}

const scaleSettings: Rule = async (node, run) => {
  const type = node.need('type').oneOf(['default', 'target_utilization'])
  if (type === 'default') return { scaleType: 'Default' }
  const shape: Shape = {
    type: unsent,
    min_instances: integer,
    max_instances: integer,
    polling_interval: duration,
    target_utilization_percentage: integer,
  }
  return { scaleType: 'TargetUtilization', ...(await translate(node, shape, run)) }
}

const enabled: Rule = (node) => node.oneOf(['true', 'false']) === 'true'

/** What is collected from the traffic of a deployment, by collection. */
const dataCollector: Rule = async (node, run) => {
  const collection: Rule = async (entry, context) => {
    const found = await translate(entry, { enabled, data: raw, client_id: text, sampling_rate: number, name: text, dataid: text }, context)
    const { enabled: on, data, ...rest } = found
    const dataId = plain(data) ? data['path'] : data
    return compact({ ...rest, dataId, dataCollectionMode: on === false ? 'Disabled' : 'Enabled' })
  }
  const shape: Shape = {
    collections: mapOf(collection),
    rolling_rate: choice({ minute: 'minute', hour: 'hour', day: 'day' }),
    sampling_rate: number,
    request_logging: mapping({ capture_headers: listOf(text) }),
    destination: raw,
    enabled: unsent,
  }
  return translate(node, shape, run)
}

const containerResources = mapping({ cpu: text, memory: text, gpu: as('nvidia.com/gpu', text) })

const onlineShape: Shape = {
  ...deploymentShape,
  instance_type: text,
  instance_count: unsent,
  request_settings: mapping({
    request_timeout_ms: as('requestTimeout', milliseconds),
    max_queue_wait_ms: as('maxQueueWait', milliseconds),
    max_concurrent_requests_per_instance: integer,
  }),
  liveness_probe: probe,
  readiness_probe: probe,
  scale_settings: scaleSettings,
  data_collector: dataCollector,
  app_insights_enabled: boolean,
  egress_public_network_access: choice({ enabled: 'Enabled', disabled: 'Disabled' }),
  private_network_connection: boolean,
  model_mount_path: text,
  resources: as(
    'containerResourceRequirements',
    mapping({
      requests: as('containerResourceRequests', containerResources),
      limits: as('containerResourceLimits', containerResources),
    }),
  ),
}

export async function onlineDeployment(node: YamlNode, run: Run): Promise<WireResource> {
  const kubernetes = node.get('type')?.oneOf(['managed', 'kubernetes']) === 'kubernetes'
  const { tags, location, ...properties } = await translate(node, onlineShape, run)
  if (!kubernetes) node.need('instance_type')
  return {
    id: deploymentId('onlineEndpoints', node, run),
    body: {
      location: location ?? 'local',
      tags: tags ?? {},
      sku: { name: 'Default', capacity: node.get('instance_count')?.integer() ?? 1 },
      properties: {
        endpointComputeType: kubernetes ? 'Kubernetes' : 'Managed',
        appInsightsEnabled: false,
        environmentVariables: {},
        properties: {},
        ...properties,
      },
    },
  }
}

function deploymentId(collection: 'onlineEndpoints' | 'batchEndpoints', node: YamlNode, { assets }: Run): string {
  return `${assets.workspaceId}/${collection}/${node.need('endpoint_name').text()}/deployments/${node.need('name').text()}`
}

/** How batches are made: flat in the older dialect, under `settings` in the newer. */
const batchSettings: Shape = {
  mini_batch_size: integer,
  max_concurrency_per_instance: integer,
  output_action: choice({ append_row: 'AppendRow', summary_only: 'SummaryOnly', AppendRow: 'AppendRow', SummaryOnly: 'SummaryOnly' }),
  output_file_name: text,
  error_threshold: integer,
  retry_settings: mapping({ max_retries: integer, timeout: duration }),
  logging_level: (node) => node.text().toLowerCase(),
}

const batchShape: Shape = {
  ...deploymentShape,
  ...batchSettings,
  model: async (node, run) => ({ referenceType: 'Id', assetId: await modelId(node, run) }),
  compute: computeId,
  resources: jobResources,
  settings: unsent,
}

const modelSettings: Shape = { ...batchSettings, environment_variables: texts, instance_count: integer, resources: jobResources }

export async function batchDeployment(node: YamlNode, run: Run): Promise<WireResource> {
  const isPipeline =
    node.get('component') !== undefined ||
    node.get('job_definition') !== undefined ||
    node.get('type')?.oneOf(['model', 'pipeline']) === 'pipeline'
  return isPipeline ? pipelineDeployment(node, run) : modelDeployment(node, run)
}

async function modelDeployment(node: YamlNode, run: Run): Promise<WireResource> {
  const settings = node.get('settings')
  const { tags, location, ...flat } = await translate(node, batchShape, run)
  const found = settings === undefined ? {} : await translate(settings, modelSettings, run)
  const { instanceCount, ...nested } = found
  const properties: Record<string, unknown> = { ...batchDefaults, ...flat, ...nested }
  if (instanceCount !== undefined) properties['resources'] = { properties: {}, instanceCount }
  // Without rows there is no file for them.
  if (properties['outputAction'] === 'SummaryOnly' && nested['outputFileName'] === undefined) delete properties['outputFileName']
  return {
    id: deploymentId('batchEndpoints', node, run),
    body: { location: location ?? 'local', tags: tags ?? {}, properties },
  }
}

const batchDefaults = {
  properties: {},
  errorThreshold: -1,
  maxConcurrencyPerInstance: 1,
  miniBatchSize: 10,
  outputAction: 'AppendRow',
  outputFileName: 'predictions.csv',
}

const pipelineShape: Shape = {
  name: unsent,
  type: unsent,
  endpoint_name: unsent,
  description: text,
  tags: texts,
  properties: texts,
  location: text,
  settings: raw,
  component: async (node, run) => ({ referenceType: 'Id', assetId: (await componentOf(node, run)).id }),
  job_definition: unsent,
}

/** A deployment of a pipeline component, or of a job that ran. */
async function pipelineDeployment(node: YamlNode, run: Run): Promise<WireResource> {
  const { tags, location, settings, component, ...rest } = await translate(node, pipelineShape, run)
  return {
    id: deploymentId('batchEndpoints', node, run),
    body: {
      location: location ?? 'local',
      tags: tags ?? {},
      properties: {
        errorThreshold: -1,
        maxConcurrencyPerInstance: 1,
        miniBatchSize: 10,
        outputFileName: 'predictions.csv',
        ...rest,
        deploymentConfiguration: compact({
          deploymentConfigurationType: 'PipelineComponent',
          settings: settings ?? {},
          componentId: component ?? { referenceType: 'Id', assetId: await componentOfJob(node, run) },
        }),
      },
    },
  }
}

/** A pipeline component that stands for a job; the server reads the job when the deployment is made. */
async function componentOfJob(node: YamlNode, run: Run): Promise<string> {
  const definition = node.need('job_definition')
  const place = definition.isMapping() ? definition.need('job') : definition
  const text = place.text()
  if (!/^azureml:/i.test(text)) return (await componentOf(place, run)).id
  const job = text.replace(/^azureml:/i, '').replace(/^.*\/jobs\//i, '')
  return run.assets.ensureVersion('components', 'azureml_anonymous', job, {
    properties: {
      isAnonymous: true,
      properties: {},
      tags: {},
      componentSpec: { name: 'azureml_anonymous', version: job, type: 'pipeline', sourceJobId: job, jobs: {}, _source: 'CLASS' },
    },
  })
}

