import { collectingDeployment, isAlerting, monitorActionFromYaml, thresholdsOf } from '@fulcrum/contract'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const workspaceId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w'
const surroundings = { workspaceId, trigger: { triggerType: 'Recurrence', frequency: 'week', interval: 2 } }
const example = fileURLToPath(new URL('../../../../../examples/flights/monitor.yml', import.meta.url))

describe('monitors in YAML', () => {
  it('turns the example into the wire form', () => {
    const { create_monitor: createMonitor } = parse(readFileSync(example, 'utf8')) as { create_monitor: unknown }
    const { actionType, monitorDefinition } = monitorActionFromYaml(createMonitor, surroundings)
    expect(actionType).toBe('CreateMonitor')
    expect(monitorDefinition.monitoringTarget).toMatchObject({
      taskType: 'classification',
      deploymentId: `${workspaceId}/onlineEndpoints/flight-delay/deployments/blue`,
    })
    const { input_drift: drift, performance } = monitorDefinition.signals
    // Everything is given: nothing has to be asked of the deployment.
    expect(collectingDeployment(createMonitor, workspaceId)).toBeUndefined()
    expect(drift).toMatchObject({
      signalType: 'DataDrift',
      mode: 'Enabled',
      features: { filterType: 'FeatureSubset' },
    })
    expect(drift?.['productionData']).toMatchObject({
      inputDataType: 'Trailing',
      windowSize: 'P30D',
      windowOffset: 'P0D',
      dataContext: 'model_inputs',
      jobInputType: 'uri_folder',
      uri: `${workspaceId}/data/flight-delay-blue-model_inputs/versions/1`,
    })
    expect(drift?.['referenceData']).toMatchObject({ inputDataType: 'Fixed', uri: 'azureml:flights-training@latest' })
    expect(drift?.['metricThresholds']).toContainEqual({
      dataType: 'Categorical',
      metric: 'jensenShannonDistance',
      threshold: { value: 0.1 },
    })
    expect(performance?.['metricThresholds']).toContainEqual({
      modelType: 'Classification',
      metric: 'auc',
      threshold: { value: 0.66 },
    })
    expect(performance?.['referenceData']).toMatchObject({ columns: { target_column: 'late', correlation_id: 'flight_id' } })
  })

  it('keeps a threshold of 0, an alert that is off, and fixed windows', () => {
    const quality = {
      monitoring_signals: {
        quality: {
          type: 'data_quality',
          alert_enabled: false,
          production_data: {
            input_data: { path: 'azureml:rows:1' },
            data_window: { window_start: '2026-01-01', window_end: '2026-02-01' },
          },
          metric_thresholds: { numerical: { null_value_rate: 0 } },
          features: { top_n_feature_importance: 5 },
        },
      },
    }
    const { monitorDefinition } = monitorActionFromYaml(quality, surroundings)
    expect(monitorDefinition.signals['quality']).toMatchObject({
      mode: 'Disabled',
      features: { filterType: 'TopNByAttribution', top: 5 },
      metricThresholds: [{ dataType: 'Numerical', metric: 'nullValueRate', threshold: { value: 0 } }],
      productionData: {
        inputDataType: 'Static',
        windowStart: '2026-01-01T00:00:00.000Z',
        windowEnd: '2026-02-01T00:00:00.000Z',
      },
    })
  })

  it('compares what the deployment collects where the file names no data', () => {
    const monitor = { monitoring_target: { endpoint_deployment_id: 'azureml:house:blue' } }
    expect(collectingDeployment(monitor, workspaceId)).toBe(`${workspaceId}/onlineEndpoints/house/deployments/blue`)
    const collected = { model_inputs: `${workspaceId}/data/in/versions/1`, model_outputs: `${workspaceId}/data/out/versions/1` }
    const { signals } = monitorActionFromYaml(monitor, { ...surroundings, collected }).monitorDefinition
    expect(Object.keys(signals)).toEqual(['data-drift-signal', 'prediction-drift-signal', 'data-quality-signal'])
    expect(signals['prediction-drift-signal']).toMatchObject({
      productionData: { uri: collected.model_outputs, windowSize: 'P14D', windowOffset: 'P0D' },
      referenceData: { uri: collected.model_outputs, windowSize: 'P28D', windowOffset: 'P14D' },
    })
    // Without a collector the signals stay as they are; a run says what is missing.
    const bare = monitorActionFromYaml(monitor, { ...surroundings, collected: {} }).monitorDefinition.signals
    expect(bare['data-drift-signal']).not.toHaveProperty('productionData')
  })

  it("reads both spellings of alerts and thresholds, and the SDK's text of them", () => {
    expect(isAlerting({})).toBe(true)
    expect(isAlerting({ mode: 'disabled' })).toBe(false)
    expect(isAlerting({ mode: 'Disabled', notificationTypes: ['AmlNotification'] })).toBe(true)
    expect(isAlerting({ notificationTypes: [] })).toBe(false)
    const metricThreshold = { modelType: 'Classification', metric: 'Accuracy', threshold: { value: 0.9 } }
    expect(thresholdsOf({ metricThreshold })).toEqual([metricThreshold])
    const text = '[{"modelType":"classification","metric":"Recall","threshold":{"value":0.4}}]'
    const properties = { 'azureml.modelmonitor.model_performance_thresholds': text }
    expect(thresholdsOf({ metricThreshold, properties })).toEqual([
      { modelType: 'classification', metric: 'Recall', threshold: { value: 0.4 } },
    ])
    expect(thresholdsOf({ metricThreshold, properties: { ...properties, [Object.keys(properties)[0] ?? '']: '[' } })).toEqual([
      metricThreshold,
    ])
  })

  it('names what is wrong', () => {
    const deployment = { monitoring_target: { endpoint_deployment_id: 'house' } }
    expect(() => monitorActionFromYaml(deployment, surroundings)).toThrow("'house' is no deployment")
    expect(() => monitorActionFromYaml({ monitoring_signals: { s: { type: 'drift' } } }, surroundings)).toThrow(
      "Signal 's' has the type 'drift'",
    )
    expect(() =>
      monitorActionFromYaml({ monitoring_signals: { s: { type: 'data_drift', production_data: {} } } }, surroundings),
    ).toThrow("'s.input_data' must be a mapping")
    expect(() => monitorActionFromYaml('text', surroundings)).toThrow("'create_monitor' must be a mapping")
  })
})
