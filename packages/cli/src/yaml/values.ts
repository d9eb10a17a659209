import type { YamlNode } from './yaml-node.ts'

/** Conversions between YAML and wire that are not a plain rename. */

/** Seconds as an ISO 8601 duration in Azure's spelling: 3600 → `PT1H`, 90 → `PT1M30S`, 0.5 → `PT0.5S`, 86400 → `P1D`. */
export function durationOfSeconds(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = Number((seconds % 60).toFixed(3))
  const time = `${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${rest > 0 ? `${rest}S` : ''}`
  if (days === 0 && time === '') return 'PT0S'
  return `P${days > 0 ? `${days}D` : ''}${time === '' ? '' : `T${time}`}`
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
  return modes[modeWord(node)] ?? ''
}

/** The mode in YAML's spelling; `mount` is short for `rw_mount`. */
export function modeWord(node: YamlNode): string {
  const found = node.oneOf([...Object.keys(modes), ...Object.values(modes)])
  const word = Object.entries(modes).find(([, wire]) => wire === found)?.[0] ?? found
  return word === 'mount' ? 'rw_mount' : word
}

/** A value as Azure's SDK sends it: everything is text, spelled as Python prints it (`True`, `1.0`, `1e-05`). */
export function literalOf(node: YamlNode): string {
  if (node.value === true) return 'True'
  if (node.value === false) return 'False'
  if (typeof node.value === 'number') return pythonNumber(node.value, node.source() ?? String(node.value))
  return node.text()
}

/** Python's own reader takes an exponent for a number only after a point and with a sign. */
function pythonNumber(value: number, source: string): string {
  if (/^[-+]?[\d_]+$/.test(source)) return String(value)
  if (!/^[-+]?[\d_]*\.[\d_]*([eE][-+]\d+)?$/.test(source)) return source
  return pythonFloat(value)
}

/** A number as Python prints a float. */
export function pythonFloat(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

export const dataTypes = ['uri_file', 'uri_folder', 'mltable', 'mlflow_model', 'custom_model', 'triton_model'] as const
export const literalTypes = ['string', 'integer', 'number', 'boolean'] as const

/** Leaves out members without a value. */
export function compact(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** Wire spelling of a key: jobs are camelCase; nodes of pipelines and components stay snake_case. */
export type Casing = (key: string) => string

export const camel: Casing = (key) => key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
export const snake: Casing = (key) => key
export const pascal = (word: string): string => `${word.slice(0, 1).toUpperCase()}${camel(word).slice(1)}`

/** A mapping as a user wrote it, for members that pass as they are. */
export function plain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
