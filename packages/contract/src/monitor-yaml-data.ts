import { invalid } from './errors.ts'

/** `production_data` and `reference_data` of a monitor's YAML. */

export type Tree = Readonly<Record<string, unknown>>

/** ISO 8601 durations that stand where a file gives no window, or says `default`. */
export interface DataWindows {
  readonly production: string
  readonly reference: string
}

interface DataPlace {
  readonly signal: string
  readonly side: 'production' | 'reference'
  readonly windows: DataWindows
  /** What `azureml:name:version` belongs to; without one names stay names. */
  readonly workspaceId: string | undefined
}

/** @throws InvalidRequestContent naming the member that is missing or wrong */
export function monitorDataFromYaml(entry: unknown, place: DataPlace): Tree {
  const { signal, workspaceId } = place
  const data = tree(entry, `${signal}.data`)
  const input = tree(data['input_data'], `${signal}.input_data`)
  const window = windowOf(optionalTree(data['data_window'], `${signal}.data_window`), place)
  const path = String(input['path'] ?? '')
  return {
    ...window,
    jobInputType: input['type'] ?? 'uri_folder',
    uri: workspaceId === undefined ? path.replace(/^azureml:(?!\/\/)/i, '') : versionId(path, 'data', workspaceId),
    dataContext: data['data_context'] ?? null,
    columns: data['data_column_names'] ?? null,
    // Data that is taken whole is not prepared: Azure's client sends no component for it.
    ...(data['pre_processing_component'] === undefined || window.inputDataType === 'Fixed'
      ? {}
      : { preprocessingComponentId: versionId(String(data['pre_processing_component']), 'components', workspaceId ?? '') }),
  }
}

function windowOf(given: Tree | undefined, { side, windows }: DataPlace): Tree & { readonly inputDataType: string } {
  const window = given ?? {}
  const start = window['window_start'] ?? window['window_start_date']
  const end = window['window_end'] ?? window['window_end_date']
  if (start !== undefined)
    return { inputDataType: 'Static', windowStart: moment(start), windowEnd: end === undefined ? null : moment(end) }
  const size = window['lookback_window_size'] ?? (side === 'production' ? 'default' : undefined)
  if (size === undefined) return { inputDataType: 'Fixed' }
  const offset = window['lookback_window_offset'] ?? 'P0D'
  return {
    inputDataType: 'Trailing',
    windowSize: size === 'default' ? windows[side] : size,
    windowOffset: offset === 'default' ? windows.production : offset,
  }
}

/** A day stands for its first moment. */
function moment(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return /^\d{4}-\d\d-\d\d$/.test(String(value)) ? `${String(value)}T00:00:00.000Z` : String(value)
}

/** `azureml:name:version` → ARM id. Labels stay: what `@latest` means is decided when the monitor runs. */
export function versionId(reference: string, kind: string, workspaceId: string): string {
  const plain = reference.replace(/^azureml:(?=\/subscriptions\/)/i, '')
  const [, name, version] = /^azureml:([^:@/\s]+):([^:@/\s]+)$/i.exec(plain) ?? []
  return name === undefined || version === undefined ? plain : `${workspaceId}/${kind}/${name}/versions/${version}`
}

/** @throws InvalidRequestContent */
export function tree(value: unknown, target: string): Tree {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Tree
  throw invalid(`'${target}' must be a mapping.`, { target })
}

/** @throws InvalidRequestContent */
export function optionalTree(value: unknown, target: string): Tree | undefined {
  return value === undefined || value === null ? undefined : tree(value, target)
}
