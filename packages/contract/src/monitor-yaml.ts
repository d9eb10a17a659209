import { AppError, invalid } from './errors.ts'
import { monitorDefinitionSchema } from './monitor-definition.ts'
import { monitorDataFromYaml, optionalTree, tree, versionId, type DataWindows, type Tree } from './monitor-yaml-data.ts'
import { thresholdsFromYaml } from './monitor-yaml-thresholds.ts'

/** The `create_monitor` part of Azure's schedule YAML, turned into the wire form that Azure's SDK sends. */

/** What the YAML is read with besides its own text. */
export interface MonitorSurroundings {
  /** Workspace of the schedule: what `azureml:name:version` means. */
  readonly workspaceId: string
  /** The schedule's trigger in wire form: windows that are not given follow it. */
  readonly trigger: Tree
  /** Ids of what the monitored deployment collects; fills in data that signals leave out. */
  readonly collected?: CollectedData | undefined
}

/** Ids of the data versions to which a deployment's requests and answers are collected; absent when it does not collect them. */
export interface CollectedData {
  readonly model_inputs?: string | undefined
  readonly model_outputs?: string | undefined
}

export interface MonitorAction {
  readonly actionType: 'CreateMonitor'
  readonly monitorDefinition: Tree & { readonly signals: Readonly<Record<string, Tree>> }
}

const signalTypes: Readonly<Record<string, string>> = {
  data_drift: 'DataDrift',
  prediction_drift: 'PredictionDrift',
  data_quality: 'DataQuality',
  feature_attribution_drift: 'FeatureAttributionDrift',
  model_performance: 'ModelPerformance',
  custom: 'Custom',
}

/** Collections that a signal compares when its file names no data. */
const collectionsOf: Readonly<Record<string, readonly (keyof CollectedData)[]>> = {
  DataDrift: ['model_inputs'],
  DataQuality: ['model_inputs'],
  PredictionDrift: ['model_outputs'],
  FeatureAttributionDrift: ['model_inputs', 'model_outputs'],
}

/** Signals of a monitor that names none. */
const defaultSignals: Readonly<Record<string, Tree>> = {
  'data-drift-signal': { type: 'data_drift', features: 'all_features' },
  'prediction-drift-signal': { type: 'prediction_drift' },
  'data-quality-signal': { type: 'data_quality', features: 'all_features' },
}
const drift = { numerical: { normalized_wasserstein_distance: 0.1 }, categorical: { jensen_shannon_distance: 0.1 } }
const quality = { null_value_rate: 0, data_type_error_rate: 0, out_of_bounds_rate: 0 }
const defaultThresholds: Readonly<Record<string, Tree>> = {
  DataDrift: drift,
  PredictionDrift: drift,
  DataQuality: { numerical: quality, categorical: quality },
}

/** The id of the deployment that a monitor watches, when some of its data comes from what that deployment collects. */
export function collectingDeployment(createMonitor: unknown, workspaceId: string): string | undefined {
  const given = tree(createMonitor, 'create_monitor')
  const target = optionalTree(given['monitoring_target'], 'create_monitor.monitoring_target')
  const signals = Object.values(signalsOf(given)) as Tree[]
  const complete = signals.every(
    (signal) =>
      signal['type'] === 'custom' || (signal['production_data'] !== undefined && signal['reference_data'] !== undefined),
  )
  return complete ? undefined : deploymentId(target?.['endpoint_deployment_id'], workspaceId)
}

/**
 * The action of a schedule resource from the YAML's `create_monitor`.
 * @throws InvalidRequestContent naming the member that is missing or wrong
 */
export function monitorActionFromYaml(createMonitor: unknown, surroundings: MonitorSurroundings): MonitorAction {
  const given = tree(createMonitor, 'create_monitor')
  const target = optionalTree(given['monitoring_target'], 'create_monitor.monitoring_target')
  const compute = optionalTree(given['compute'], 'create_monitor.compute')
  const signals = Object.entries(signalsOf(given)).map(
    ([name, signal]) => [name, signalFromYaml(tree(signal, name), name, surroundings)] as const,
  )
  const definition = {
    ...(compute === undefined ? {} : { computeConfiguration: computeFromYaml(compute) }),
    ...(target === undefined ? {} : { monitoringTarget: targetFromYaml(target, surroundings.workspaceId) }),
    signals: Object.fromEntries(signals),
    ...(given['alert_notification'] === undefined
      ? {}
      : { alertNotificationSetting: alertFromYaml(given['alert_notification']) }),
  }
  const parsed = monitorDefinitionSchema.safeParse(definition)
  if (parsed.success) return { actionType: 'CreateMonitor', monitorDefinition: definition }
  const issue = parsed.error.issues[0]
  throw invalid(`create_monitor: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`, {
    target: 'create_monitor',
  })
}

function signalsOf(createMonitor: Tree): Readonly<Record<string, unknown>> {
  const given = tree(createMonitor['monitoring_signals'] ?? {}, 'create_monitor.monitoring_signals')
  return Object.keys(given).length === 0 ? defaultSignals : given
}

function computeFromYaml(compute: Tree): Tree {
  return {
    computeType: 'ServerlessSpark',
    instanceType: compute['instance_type'],
    runtimeVersion: String(compute['runtime_version'] ?? '3.4'),
    computeIdentity: { computeIdentityType: 'AmlToken' },
  }
}

function targetFromYaml(target: Tree, workspaceId: string): Tree {
  const model = target['model_id']
  return {
    taskType: String(target['ml_task'] ?? 'classification'),
    deploymentId: deploymentId(target['endpoint_deployment_id'], workspaceId) ?? null,
    modelId: model === undefined || model === null ? null : versionId(String(model), 'models', workspaceId),
  }
}

/** `azureml:endpoint:deployment` → ARM id. */
function deploymentId(reference: unknown, workspaceId: string): string | undefined {
  if (reference === undefined || reference === null) return undefined
  const plain = String(reference).replace(/^azureml:/i, '')
  if (plain.startsWith('/subscriptions/')) return plain
  const [endpoint, deployment, ...rest] = plain.split(':')
  if (endpoint && deployment && rest.length === 0) return `${workspaceId}/onlineEndpoints/${endpoint}/deployments/${deployment}`
  throw new AppError(
    'InvalidRequestContent',
    `'${plain}' is no deployment; write azureml:<endpoint>:<deployment>, or its whole id.`,
    { target: 'create_monitor.monitoring_target.endpoint_deployment_id' },
  )
}

function signalFromYaml(signal: Tree, name: string, surroundings: MonitorSurroundings): Tree {
  const type = String(signal['type'] ?? '')
  const signalType = signalTypes[type.toLowerCase()]
  if (signalType === undefined) {
    throw invalid(`Signal '${name}' has the type '${type}'; it must be one of ${Object.keys(signalTypes).join(', ')}.`, {
      target: `monitoring_signals.${name}.type`,
    })
  }
  const thresholds = thresholdsFromYaml(signal['metric_thresholds'] ?? defaultThresholds[signalType], name)
  const [first = null] = thresholds
  const segment = optionalTree(signal['data_segment'], `${name}.data_segment`)
  return {
    signalType,
    mode: signal['alert_enabled'] === true ? 'Enabled' : 'Disabled',
    ...(signalType === 'Custom'
      ? customFromYaml(signal, name, surroundings)
      : dataOf(signal, { name, signalType, surroundings })),
    ...featuresFromYaml(signal['features']),
    ...(signal['feature_type_override'] === undefined ? {} : { featureDataTypeOverride: signal['feature_type_override'] }),
    ...(signalType === 'FeatureAttributionDrift' ? { metricThreshold: first } : { metricThresholds: thresholds }),
    ...(signalType === 'PredictionDrift' ? { modelType: 'classification' } : {}),
    ...(segment === undefined ? {} : { dataSegment: { feature: segment['feature_name'], values: segment['feature_values'] } }),
    ...(signal['properties'] === undefined ? {} : { properties: signal['properties'] }),
  }
}

interface SignalPlace {
  readonly name: string
  readonly signalType: string
  readonly surroundings: MonitorSurroundings
}

function dataOf(signal: Tree, { name, signalType, surroundings }: SignalPlace): Tree {
  const windows = windowsOf(surroundings.trigger)
  const read = (entry: unknown, side: 'production' | 'reference') =>
    monitorDataFromYaml(entry, { signal: name, side, windows, workspaceId: surroundings.workspaceId })
  const collected = (collectionsOf[signalType] ?? []).flatMap((collection) => {
    const path = surroundings.collected?.[collection]
    return path === undefined ? [] : [{ input_data: { path, type: 'uri_folder' }, data_context: collection }]
  })
  const [first] = collected
  const production = signal['production_data'] ?? (signalType === 'FeatureAttributionDrift' ? collected : first)
  const window = { lookback_window_size: 'default', lookback_window_offset: 'default' }
  const reference =
    signal['reference_data'] ??
    (first === undefined || signalType === 'FeatureAttributionDrift' ? undefined : { ...first, data_window: window })
  const several = signalType === 'FeatureAttributionDrift' || signalType === 'ModelPerformance'
  const entries = (Array.isArray(production) ? production : [production]).filter((entry) => entry !== undefined)
  const sides = entries.map((entry) => read(entry, 'production'))
  return {
    ...(sides.length === 0 ? {} : { productionData: several || sides.length > 1 ? sides : sides[0] }),
    ...(reference === undefined ? {} : { referenceData: read(reference, 'reference') }),
  }
}

/** Custom signals keep the names of what they use: the component looks them up. */
function customFromYaml(signal: Tree, name: string, { trigger }: MonitorSurroundings): Tree {
  const inputs = optionalTree(signal['inputs'], `${name}.inputs`)
  const data = optionalTree(signal['input_data'], `${name}.input_data`)
  const connection = optionalTree(signal['connection'], `${name}.connection`) ?? {}
  const place = { signal: name, side: 'reference' as const, windows: windowsOf(trigger), workspaceId: undefined }
  return {
    componentId: String(signal['component_id'] ?? '').replace(/^azureml:/i, ''),
    ...(inputs === undefined
      ? {}
      : { inputs: Object.fromEntries(Object.entries(inputs).map(([input, value]) => [input, customInput(value)])) }),
    ...(data === undefined
      ? {}
      : {
          inputAssets: Object.fromEntries(
            Object.entries(data).map(([asset, entry]) => [asset, monitorDataFromYaml(entry, place)]),
          ),
        }),
    workspaceConnection: {
      ...(connection['environment_variables'] === undefined ? {} : { environmentVariables: connection['environment_variables'] }),
      ...(connection['secret_config'] === undefined ? {} : { secrets: connection['secret_config'] }),
    },
  }
}

function customInput(value: unknown): Tree {
  if (typeof value !== 'object' || value === null) return { jobInputType: 'literal', value: String(value) }
  const members = value as Tree
  return { jobInputType: members['type'] ?? 'uri_folder', uri: members['path'] }
}

/** Rows that a run looks at, as far as the file does not say: those since the run before; twice as many for reference. */
function windowsOf({ triggerType, frequency, interval }: Tree): DataWindows {
  if (triggerType !== 'Recurrence') return { production: 'P7D', reference: 'P14D' }
  const days = { day: 1, week: 7, month: 30 }[String(frequency).toLowerCase()]
  const length = days === undefined ? 1 : days * Number(interval ?? 1)
  return { production: `P${length}D`, reference: `P${2 * length}D` }
}

function featuresFromYaml(features: unknown): Tree {
  if (features === undefined || features === null) return {}
  if (features === 'all_features') return { features: { filterType: 'AllFeatures' } }
  if (Array.isArray(features)) return { features: { filterType: 'FeatureSubset', features } }
  return { features: { filterType: 'TopNByAttribution', top: tree(features, 'features')['top_n_feature_importance'] ?? 10 } }
}

function alertFromYaml(alert: unknown): Tree {
  if (typeof alert === 'string') return { alertNotificationType: 'AzureMonitor' }
  return {
    alertNotificationType: 'Email',
    emailNotificationSetting: {
      emails: tree(alert, 'alert_notification')['emails'] ?? [],
      emailOn: ['JobFailed', 'JobCompleted'],
    },
  }
}
