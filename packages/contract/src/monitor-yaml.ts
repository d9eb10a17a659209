import { invalid } from './errors.ts'
import { monitorDefinitionSchema, type MonitorDefinition } from './monitor-definition.ts'

/** The `create_monitor` part of Azure's schedule YAML, turned into the wire form. */

type Tree = Readonly<Record<string, unknown>>

const signalTypes: Readonly<Record<string, string>> = {
  data_drift: 'DataDrift',
  prediction_drift: 'PredictionDrift',
  data_quality: 'DataQuality',
  feature_attribution_drift: 'FeatureAttributionDrift',
  model_performance: 'ModelPerformance',
  custom: 'Custom',
}

/**
 * The action of a schedule resource from the YAML's `create_monitor`.
 * @throws InvalidRequestContent naming the member that is missing or wrong
 */
export function monitorActionFromYaml(createMonitor: unknown): {
  readonly actionType: 'CreateMonitor'
  readonly monitorDefinition: MonitorDefinition
} {
  const given = tree(createMonitor, 'create_monitor')
  const target = optionalTree(given['monitoring_target'], 'create_monitor.monitoring_target')
  const compute = optionalTree(given['compute'], 'create_monitor.compute')
  const signals = tree(given['monitoring_signals'] ?? {}, 'create_monitor.monitoring_signals')
  const definition = {
    ...(compute === undefined
      ? {}
      : {
          computeConfiguration: {
            computeType: 'ServerlessSpark',
            instanceType: compute['instance_type'],
            runtimeVersion: String(compute['runtime_version'] ?? '3.4'),
          },
        }),
    ...(target === undefined
      ? {}
      : {
          monitoringTarget: {
            taskType: pascal(target['ml_task']),
            deploymentId: target['endpoint_deployment_id'] ?? null,
            modelId: target['model_id'] ?? null,
          },
        }),
    signals: Object.fromEntries(
      Object.entries(signals).map(([name, signal]) => [name, signalFromYaml(tree(signal, name), name)]),
    ),
    ...(given['alert_notification'] === undefined
      ? {}
      : { alertNotificationSettings: alertFromYaml(given['alert_notification']) }),
  }
  const parsed = monitorDefinitionSchema.safeParse(definition)
  if (parsed.success) return { actionType: 'CreateMonitor', monitorDefinition: parsed.data }
  const issue = parsed.error.issues[0]
  throw invalid(`create_monitor: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`, {
    target: 'create_monitor',
  })
}

function signalFromYaml(signal: Tree, name: string): Tree {
  const type = String(signal['type'] ?? '')
  const signalType = signalTypes[type.toLowerCase()]
  if (signalType === undefined) {
    throw invalid(`Signal '${name}' has the type '${type}'; it must be one of ${Object.keys(signalTypes).join(', ')}.`, {
      target: `monitoring_signals.${name}.type`,
    })
  }
  const production = signal['production_data']
  return {
    signalType,
    ...(production === undefined
      ? {}
      : { productionData: (Array.isArray(production) ? production : [production]).map((entry) => dataFromYaml(entry, name)) }),
    ...(signal['reference_data'] === undefined ? {} : { referenceData: dataFromYaml(signal['reference_data'], name) }),
    ...featuresFromYaml(signal['features']),
    ...(signal['feature_type_override'] === undefined ? {} : { featureDataTypeOverride: signal['feature_type_override'] }),
    metricThresholds: thresholdsFromYaml(signal['metric_thresholds'], name),
    ...(signal['alert_enabled'] === undefined
      ? {}
      : { notificationTypes: signal['alert_enabled'] === true ? ['AmlNotification'] : [] }),
  }
}

function dataFromYaml(entry: unknown, signal: string): Tree {
  const data = tree(entry, `${signal}.data`)
  const input = tree(data['input_data'], `${signal}.input_data`)
  const window = optionalTree(data['data_window'], `${signal}.data_window`) ?? {}
  const start = window['window_start'] ?? window['window_start_date']
  const end = window['window_end'] ?? window['window_end_date']
  const size = window['lookback_window_size']
  return {
    inputDataType: start === undefined ? (size === undefined ? 'Fixed' : 'Rolling') : 'Static',
    jobInputType: input['type'] ?? 'uri_folder',
    uri: input['path'],
    dataContext: data['data_context'] ?? null,
    columns: data['data_column_names'] ?? null,
    ...(size === undefined ? {} : { windowSize: size, windowOffset: window['lookback_window_offset'] ?? 'P0D' }),
    ...(start === undefined ? {} : { windowStart: String(start), windowEnd: end === undefined ? null : String(end) }),
    ...(data['pre_processing_component'] === undefined ? {} : { preprocessingComponentId: data['pre_processing_component'] }),
  }
}

function featuresFromYaml(features: unknown): Tree {
  if (features === undefined || features === null) return {}
  if (features === 'all_features') return { features: { filterType: 'AllFeatures' } }
  if (Array.isArray(features)) return { features: { filterType: 'FeatureSubset', features } }
  return { features: { filterType: 'TopNByAttribution', top: tree(features, 'features')['top_n_feature_importance'] ?? 10 } }
}

/** Groups `numerical`, `categorical`, `classification`, `regression`, or a list of `{metric_name, threshold}`. */
function thresholdsFromYaml(thresholds: unknown, signal: string): Tree[] {
  if (thresholds === undefined || thresholds === null) return []
  if (Array.isArray(thresholds)) {
    return thresholds.map((entry) => ({
      metric: String(tree(entry, signal)['metric_name']),
      threshold: threshold(tree(entry, signal)['threshold']),
    }))
  }
  return Object.entries(tree(thresholds, `${signal}.metric_thresholds`)).flatMap(([group, metrics]) => {
    if (typeof metrics === 'number') return [{ metric: group, threshold: { value: metrics } }]
    const kind = ['classification', 'regression'].includes(group) ? 'modelType' : 'dataType'
    return Object.entries(tree(metrics ?? {}, `${signal}.metric_thresholds.${group}`)).map(([metric, value]) => ({
      [kind]: pascal(group),
      metric,
      threshold: threshold(value),
    }))
  })
}

function threshold(value: unknown): { value: unknown } | null {
  return value === undefined || value === null ? null : { value }
}

function alertFromYaml(alert: unknown): Tree {
  if (typeof alert === 'string') return { alertNotificationType: 'AzureMonitor' }
  return {
    alertNotificationType: 'Email',
    emailNotificationSettings: { emails: tree(alert, 'alert_notification')['emails'] ?? [] },
  }
}

function pascal(text: unknown): string | null {
  if (text === undefined || text === null) return null
  return String(text)
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('')
}

function tree(value: unknown, target: string): Tree {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Tree
  throw invalid(`'${target}' must be a mapping.`, { target })
}

function optionalTree(value: unknown, target: string): Tree | undefined {
  return value === undefined || value === null ? undefined : tree(value, target)
}
