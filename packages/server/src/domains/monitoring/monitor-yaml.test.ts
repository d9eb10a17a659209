import { monitorActionFromYaml } from '@fulcrum/contract'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const example = fileURLToPath(new URL('../../../../../examples/flights/monitor.yml', import.meta.url))

describe('monitors in YAML', () => {
  it('turns the example into the wire form', () => {
    const { create_monitor: createMonitor } = parse(readFileSync(example, 'utf8')) as { create_monitor: unknown }
    const { actionType, monitorDefinition } = monitorActionFromYaml(createMonitor)
    expect(actionType).toBe('CreateMonitor')
    expect(monitorDefinition.monitoringTarget).toMatchObject({
      taskType: 'Classification',
      deploymentId: 'azureml:flight-delay:blue',
    })
    const { input_drift: drift, performance } = monitorDefinition.signals
    expect(drift).toMatchObject({
      signalType: 'DataDrift',
      notificationTypes: ['AmlNotification'],
      features: { filterType: 'FeatureSubset' },
    })
    expect(drift?.productionData).toMatchObject([
      {
        inputDataType: 'Rolling',
        windowSize: 'P30D',
        windowOffset: 'P0D',
        dataContext: 'model_inputs',
        jobInputType: 'uri_folder',
      },
    ])
    expect(drift?.metricThresholds).toContainEqual({
      dataType: 'Categorical',
      metric: 'jensen_shannon_distance',
      threshold: { value: 0.1 },
    })
    expect(performance?.metricThresholds).toContainEqual({
      modelType: 'Classification',
      metric: 'auc',
      threshold: { value: 0.66 },
    })
    expect(performance?.referenceData?.columns).toEqual({ target_column: 'late', correlation_id: 'flight_id' })
  })

  it('keeps a threshold of 0, an alert that is off, and fixed windows', () => {
    const { monitorDefinition } = monitorActionFromYaml({
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
    })
    expect(monitorDefinition.signals['quality']).toMatchObject({
      notificationTypes: [],
      features: { filterType: 'TopNByAttribution', top: 5 },
      metricThresholds: [{ dataType: 'Numerical', metric: 'null_value_rate', threshold: { value: 0 } }],
      productionData: [{ inputDataType: 'Static', windowStart: '2026-01-01', windowEnd: '2026-02-01' }],
    })
  })

  it('names what is wrong', () => {
    expect(() => monitorActionFromYaml({ monitoring_signals: { s: { type: 'drift' } } })).toThrow(
      "Signal 's' has the type 'drift'",
    )
    expect(() => monitorActionFromYaml({ monitoring_signals: { s: { type: 'data_drift', production_data: {} } } })).toThrow(
      "'s.input_data' must be a mapping",
    )
    expect(() => monitorActionFromYaml('text')).toThrow("'create_monitor' must be a mapping")
  })
})
