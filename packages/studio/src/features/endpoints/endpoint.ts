import type { MetricSeries } from '@fulcrum/contract'
import type { ArmResource } from '../../api.ts'
import type { Share } from '../../charts/prepare-bars.ts'
import type { Series } from '../../charts/prepare-lines.ts'

export type Percents = Readonly<Record<string, number>>

export type Endpoint = ArmResource<{
  readonly authMode?: string
  readonly description?: string | null
  readonly traffic?: Percents | null
  readonly mirrorTraffic?: Percents | null
  readonly scoringUri?: string
  readonly swaggerUri?: string
  readonly provisioningState?: string
}> & { readonly identity?: unknown }

export type Deployment = ArmResource<{
  readonly model?: string | null
  readonly environmentId?: string | null
  readonly instanceType?: string | null
  readonly provisioningState?: string
  readonly failure?: {
    readonly code?: string
    readonly message?: string
    readonly probe?: string | null
    readonly log?: string
  } | null
  readonly signature?: { readonly inputs?: unknown; readonly outputs?: unknown; readonly inputExample?: unknown } | null
  readonly dataCollector?: {
    readonly collections?: Readonly<Record<string, { readonly dataCollectionMode?: string | null }>>
  } | null
}> & { readonly sku?: { readonly capacity?: number } }

/** Traffic as the bar draws it; mirrored traffic is not part of the whole. */
export function sharesOf(traffic: Percents | null | undefined): readonly Share[] {
  return Object.entries(traffic ?? {}).map(([name, percent]) => ({ id: name, label: name, percent }))
}

/** Why a split cannot be saved, or undefined. The sum has to be 100, or 0 for an endpoint that takes no requests. */
export function problemOfTraffic(traffic: Percents): string | undefined {
  const values = Object.values(traffic)
  if (values.some((value) => !Number.isInteger(value) || value < 0 || value > 100))
    return 'Each share is a whole number from 0 to 100.'
  const sum = values.reduce((total, value) => total + value, 0)
  return sum === 0 || sum === 100 ? undefined : `The shares add up to ${sum} %; they have to add up to 100, or 0 for no traffic.`
}

/** One field of the form that scores a row. */
export interface ScoreField {
  readonly name: string
  /** `double`, `long`, `string`, `boolean`, … */
  readonly type: string
}

/** The named columns of a signature's inputs; tensors have none and are sent as JSON. */
export function fieldsOf(inputs: unknown): readonly ScoreField[] {
  if (!Array.isArray(inputs)) return []
  return inputs.flatMap((column: unknown) => {
    if (typeof column !== 'object' || column === null) return []
    const { name, type } = column as { name?: unknown; type?: unknown }
    return typeof name === 'string' && name ? [{ name, type: typeof type === 'string' ? type : 'string' }] : []
  })
}

const wholeTypes = new Set(['long', 'integer', 'int', 'int32', 'int64'])
const realTypes = new Set(['double', 'float', 'float32', 'float64'])

/** One row in the form that Azure's clients send: columns and data. Empty fields are null. */
export function toRequest(fields: readonly ScoreField[], values: Readonly<Record<string, string>>): unknown {
  const row = fields.map(({ name, type }) => parseValue(values[name] ?? '', type))
  return { input_data: { columns: fields.map(({ name }) => name), index: [0], data: [row] } }
}

function parseValue(text: string, type: string): unknown {
  if (text === '') return null
  if (wholeTypes.has(type) || realTypes.has(type)) return Number(text)
  return type === 'boolean' ? text === 'true' : text
}

/** A first request to try: the example of the model where it has one, else one row of zeros and empty texts. */
export function exampleRequest(signature: Deployment['properties']['signature']): unknown {
  if (signature?.inputExample) return signature.inputExample
  const fields = fieldsOf(signature?.inputs)
  if (fields.length === 0) return { input_data: [[0]] }
  const zero = (type: string) => (wholeTypes.has(type) || realTypes.has(type) ? '0' : type === 'boolean' ? 'false' : 'text')
  return toRequest(fields, Object.fromEntries(fields.map(({ name, type }) => [name, zero(type)])))
}

/** Curves of one metric, one per deployment; x in minutes before the last point. */
export function curvesOf(series: readonly MetricSeries[], name: string): readonly Series[] {
  const own = series.filter((one) => one.name === name && one.data.length > 0)
  const lastMs = Math.max(...own.flatMap(({ data }) => data.map(({ timeStamp }) => Date.parse(timeStamp))))
  return own.map(({ deployment, data }) => ({
    id: deployment,
    label: deployment,
    points: data.map(({ timeStamp, value }) => ({ x: (Date.parse(timeStamp) - lastMs) / 60_000, y: value })),
  }))
}

/** Percent of requests answered with an error, per deployment and minute. */
export function errorCurvesOf(series: readonly MetricSeries[]): readonly Series[] {
  const valueAt = (name: string, deployment: string, time: string) =>
    series.find((one) => one.name === name && one.deployment === deployment)?.data.find(({ timeStamp }) => timeStamp === time)
      ?.value ?? 0
  const requests = series.filter(({ name, data }) => name === 'RequestsPerMinute' && data.length > 0)
  const lastMs = Math.max(...requests.flatMap(({ data }) => data.map(({ timeStamp }) => Date.parse(timeStamp))))
  return requests.map(({ deployment, data }) => ({
    id: deployment,
    label: deployment,
    points: data
      .filter(({ value }) => value > 0)
      .map(({ timeStamp, value }) => ({
        x: (Date.parse(timeStamp) - lastMs) / 60_000,
        y:
          ((valueAt('RequestsPerMinute_4xx', deployment, timeStamp) + valueAt('RequestsPerMinute_5xx', deployment, timeStamp)) /
            value) *
          100,
      })),
  }))
}
