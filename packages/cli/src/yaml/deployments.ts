import { assetDefaults, modelId, type WireResource } from './assets.ts'
import type { Component } from './component-parts.ts'
import { componentOf } from './components.ts'
import { environmentId, environmentProperties } from './environments.ts'
import { jobResources } from './job-parts.ts'
import { assetId, at, codeId, computeId } from './references.ts'
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
import { compact } from './values.ts'
import { YamlNode } from './yaml-node.ts'

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

/** An environment that is written in place and has a name becomes a version of that name. */
const environmentOfDeployment: Rule = async (node, run) => {
  const name = node.isMapping() ? node.get('name')?.text() : undefined
  if (name === undefined) return environmentId(node, run)
  const version = node.get('version')?.text() ?? (await at(node, run.assets.nextVersion('environments', name)))
  return run.assets.ensureVersion('environments', name, version, { properties: await environmentProperties(node, run) })
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
  environment: as('environmentId', environmentOfDeployment),
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

const collectionShape: Shape = {
  enabled,
  data: unsent,
  client_id: text,
  sampling_rate: number,
  name: text,
  version: unsent,
}

/** What is collected goes into a data asset, whose name and path follow from the deployment unless they are given. */
async function collectedData(entry: YamlNode, { assets }: Run): Promise<string> {
  const data = entry.get('data')
  if (data !== undefined && !data.isMapping()) return assetId(data, 'data', assets)
  const root = new YamlNode(entry.file)
  const [endpoint, deployment] = [root.need('endpoint_name').text(), root.need('name').text()]
  data?.only(['name', 'path', 'version', 'data_id'])
  const path = `azureml://datastores/workspaceblobstore/paths/modelDataCollector/${endpoint}/${deployment}/${entry.name}`
  const name = data?.get('name')?.text() ?? `${endpoint}-${deployment}-${entry.name}`
  const properties = { dataType: 'uri_folder', dataUri: data?.get('path')?.text() ?? path }
  return assets.ensureVersion('data', name, data?.get('version')?.text() ?? '1', {
    properties: { ...assetDefaults, ...properties },
  })
}

/** What is collected from the traffic of a deployment, by collection. */
const dataCollector: Rule = async (node, run) => {
  const samplingRate = node.get('sampling_rate')?.number()
  const collection: Rule = async (entry, context) => {
    const { enabled: isOn, ...rest } = await translate(entry, collectionShape, context)
    if (samplingRate !== undefined) rest['samplingRate'] ??= samplingRate
    return { ...rest, dataId: await collectedData(entry, context), dataCollectionMode: isOn === false ? 'disabled' : 'enabled' }
  }
  const shape: Shape = {
    collections: mapOf(collection),
    rolling_rate: choice({ minute: 'minute', hour: 'hour', day: 'day' }),
    sampling_rate: unsent,
    request_logging: mapping({ capture_headers: listOf(text) }),
    destination: raw,
    enabled: unsent,
  }
  return translate(node, shape, run)
}

const containerResources = mapping({ cpu: text, memory: text, gpu: text })

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
  egress_public_network_access: choice(['enabled', 'disabled']),
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
      sku: compact({ name: 'Default', capacity: node.get('instance_count')?.integer() ?? (scales(node) ? undefined : 1) }),
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

/** True when the number of instances follows from the load. */
function scales(node: YamlNode): boolean {
  return node.get('scale_settings')?.get('type')?.text().toLowerCase() === 'target_utilization'
}

function deploymentId(collection: 'onlineEndpoints' | 'batchEndpoints', node: YamlNode, { assets }: Run): string {
  return `${assets.workspaceId}/${collection}/${node.need('endpoint_name').text()}/deployments/${node.need('name').text()}`
}

/** How batches are made: flat in the older dialect, under `settings` in the newer. */
const batchSettings: Shape = {
  mini_batch_size: integer,
  max_concurrency_per_instance: integer,
  output_action: choice({
    append_row: 'AppendRow',
    summary_only: 'SummaryOnly',
    AppendRow: 'AppendRow',
    SummaryOnly: 'SummaryOnly',
  }),
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
  const properties: Record<string, unknown> = {
    properties: {},
    ...(settings === undefined ? flatDefaults : {}),
    ...flat,
    ...nested,
  }
  if (instanceCount !== undefined) properties['resources'] = { properties: {}, instanceCount }
  return {
    id: deploymentId('batchEndpoints', node, run),
    body: { location: location ?? 'local', tags: tags ?? {}, properties },
  }
}

/** What the older, flat dialect fills in; the newer leaves it to the server. */
const flatDefaults = {
  environmentVariables: {},
  errorThreshold: -1,
  maxConcurrencyPerInstance: 1,
  miniBatchSize: 10,
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
  component: componentOf,
  job_definition: unsent,
}

/** A deployment of a pipeline component, or of a job that ran. */
async function pipelineDeployment(node: YamlNode, run: Run): Promise<WireResource> {
  const { tags, location, settings, component: found, ...rest } = await translate(node, pipelineShape, run)
  const component = found as Component | undefined
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
          description: component?.spec?.['description'],
          tags: component?.spec === undefined ? undefined : (component.spec['tags'] ?? {}),
          componentId: { referenceType: 'Id', assetId: component?.id ?? (await componentOfJob(node, run)) },
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
      componentSpec: {
        name: 'azureml_anonymous',
        version: '1',
        type: 'pipeline',
        source_job_id: job,
        sourceJobId: job,
        jobs: {},
        _source: 'CLASS',
      },
    },
  })
}
