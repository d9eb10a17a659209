/** Small readers shared by jobs and nodes. */

export const dataTypes = ['uri_folder', 'uri_file', 'mltable', 'mlflow_model', 'custom_model', 'triton_model']

/** `UriFolder` and `uri_folder` are the same; the latter is stored. */
export function dataTypeOf(type: unknown): string | undefined {
  if (typeof type !== 'string') return undefined
  const plain = type.replaceAll('_', '').toLowerCase()
  return dataTypes.find((known) => known.replaceAll('_', '') === plain)
}

/** Reads `processCountPerInstance` (jobs) or `process_count_per_instance` (nodes). */
export function processCountOf(distribution: Readonly<Record<string, unknown>> | null | undefined): number {
  const value = distribution?.['processCountPerInstance'] ?? distribution?.['process_count_per_instance'] ?? 1
  const count = Number(value)
  return Number.isInteger(count) && count >= 1 ? count : 1
}

export function stringValues(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)]])),
  )
}

export function mapEntries<Value, Result>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value, name: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]))
}
