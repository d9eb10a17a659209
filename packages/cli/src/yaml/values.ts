import type { YamlNode } from './yaml-file.ts'

/** Conversions between YAML and wire that are not a plain rename. */

/** Seconds as an ISO 8601 duration in Azure's spelling: 3600 → `PT1H`, 90 → `PT1M30S`, 0.5 → `PT0.5S`. */
export function durationOfSeconds(seconds: number): string {
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = Number((seconds % 60).toFixed(3))
  const parts = `${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${rest > 0 ? `${rest}S` : ''}`
  return parts === '' ? 'PT0S' : `PT${parts}`
}

/** Seconds, or a duration that is written out already. */
export function durationOf(node: YamlNode): string {
  return typeof node.value === 'string' && node.value.startsWith('P') ? node.value : durationOfSeconds(node.number())
}

const modes: Readonly<Record<string, string>> = {
  ro_mount: 'ReadOnlyMount',
  rw_mount: 'ReadWriteMount',
  mount: 'ReadWriteMount',
  download: 'Download',
  upload: 'Upload',
  direct: 'Direct',
  eval_mount: 'EvalMount',
  eval_download: 'EvalDownload',
}

export function modeOf(node: YamlNode): string {
  return modes[node.oneOf(Object.keys(modes))] ?? ''
}

/** A literal as Azure's SDK sends it: text, numbers as written, booleans as Python spells them. */
export function literalOf(value: unknown): string {
  if (value === true) return 'True'
  if (value === false) return 'False'
  return String(value)
}

export const dataTypes = ['uri_file', 'uri_folder', 'mltable', 'mlflow_model', 'custom_model', 'triton_model'] as const
export const literalTypes = ['string', 'integer', 'number', 'boolean'] as const

/** Leaves out members without a value. */
export function compact(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** Keys of a mapping and all below it from snake_case to camelCase; keys of maps named by users must not pass here. */
export function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [camel(key), camelKeys(entry)]))
}

export function camel(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}
