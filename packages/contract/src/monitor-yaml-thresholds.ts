import { tree, type Tree } from './monitor-yaml-data.ts'

/** Groups `numerical`, `categorical`, `classification`, `regression`, metrics alone, or a list of `{metric_name, threshold}`. */
export function thresholdsFromYaml(thresholds: unknown, signal: string): Tree[] {
  if (thresholds === undefined || thresholds === null) return []
  if (Array.isArray(thresholds)) {
    // Names of a custom component's own metrics: they stay as they are.
    return thresholds.map((entry) => ({
      metric: String(tree(entry, signal)['metric_name']),
      threshold: threshold(tree(entry, signal)['threshold']),
    }))
  }
  return Object.entries(tree(thresholds, `${signal}.metric_thresholds`)).flatMap(([group, metrics]) => {
    if (typeof metrics === 'number') return [{ metric: camel(group), threshold: { value: metrics } }]
    const kind = ['classification', 'regression'].includes(group) ? 'modelType' : 'dataType'
    return Object.entries(tree(metrics ?? {}, `${signal}.metric_thresholds.${group}`)).map(([metric, value]) => ({
      [kind]: `${group.slice(0, 1).toUpperCase()}${group.slice(1).toLowerCase()}`,
      metric: camel(metric),
      threshold: threshold(value),
    }))
  })
}

function threshold(value: unknown): { value: unknown } | null {
  return value === undefined || value === null ? null : { value }
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase())
}
