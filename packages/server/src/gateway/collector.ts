import type { Logger } from 'pino'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'

/** Writes one file into the workspace's blob store. */
export type CollectionSink = (file: {
  readonly workspaceId: string
  readonly path: string
  readonly content: Buffer
}) => Promise<void>

export interface CollectedRecord {
  readonly workspaceId: string
  readonly endpoint: string
  readonly deployment: string
  /** ARM id of the deployment. */
  readonly source: string
  readonly collection: string
  readonly correlationId: string
  readonly requestId: string
  readonly modelVersion: string | null
  /** JSON text: a list of row objects, or a payload. */
  readonly data: string
  readonly rows: number
}

export interface CollectorOptions {
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Logger
  readonly instanceId: string
  readonly sink: CollectionSink
  readonly onCounted: (
    record: Pick<CollectedRecord, 'source' | 'deployment'>,
    rows: { collected: number; dropped: number },
  ) => void
  readonly maximumBufferedBytes?: number
}

interface Pending {
  readonly workspaceId: string
  readonly folder: string
  readonly records: { readonly record: CollectedRecord; readonly line: string }[]
}

const eventTypes: Readonly<Record<string, string>> = { model_inputs: 'inputs', model_outputs: 'outputs' }

/**
 * Collected inference data on its way to the workspace's blob store: CloudEvents, one line per request and collection, in Azure's
 * folders. Memory is bounded: what does not fit is dropped and counted, never waited for.
 */
export class InferenceCollector {
  readonly #options: CollectorOptions
  #pending = new Map<string, Pending>()
  #bufferedBytes = 0
  #sequence = 0
  #flushing: Promise<void> | undefined

  constructor(options: CollectorOptions) {
    this.#options = options
  }

  add(record: CollectedRecord): void {
    const line = this.#lineOf(record)
    if (this.#bufferedBytes + line.length > (this.#options.maximumBufferedBytes ?? 32 * 1024 * 1024)) {
      this.#options.onCounted(record, { collected: 0, dropped: record.rows })
      return
    }
    this.#bufferedBytes += line.length
    const folder = `modelDataCollector/${record.endpoint}/${record.deployment}/${record.collection}/${hourFolder(this.#options.clock.now())}`
    const key = `${record.workspaceId}\n${folder}`
    const pending = this.#pending.get(key) ?? { workspaceId: record.workspaceId, folder, records: [] }
    pending.records.push({ record, line })
    this.#pending.set(key, pending)
  }

  /** Writes what has gathered; one flush at a time. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined))
    return this.#flushing
  }

  async #flush(): Promise<void> {
    const batches = [...this.#pending.values()]
    this.#pending = new Map()
    for (const batch of batches) await this.#write(batch)
  }

  async #write(batch: Pending): Promise<void> {
    const { instanceId, sink, log, onCounted } = this.#options
    this.#sequence += 1
    const path = `${batch.folder}/${instanceId}-${String(this.#sequence).padStart(8, '0')}.jsonl`
    const content = Buffer.from(`${batch.records.map(({ line }) => line).join('\n')}\n`)
    let written = true
    try {
      await sink({ workspaceId: batch.workspaceId, path, content })
    } catch (error) {
      written = false
      log.warn({ err: error, path }, 'Collected data could not be stored and was dropped')
    }
    for (const { record, line } of batch.records) {
      this.#bufferedBytes -= line.length
      onCounted(record, written ? { collected: record.rows, dropped: 0 } : { collected: 0, dropped: record.rows })
    }
  }

  #lineOf(record: CollectedRecord): string {
    const bytes = Buffer.byteLength(record.data)
    const envelope = {
      specversion: '1.0',
      id: this.#options.ids.uuid(),
      source: record.source,
      type: `azureml.inference.${eventTypes[record.collection] ?? record.collection}`,
      datacontenttype: 'application/json',
      time: this.#options.clock.now().toISOString(),
      correlationid: record.correlationId,
      xrequestid: record.requestId,
      modelversion: record.modelVersion ?? 'default',
      collectdatatype: 'pandas.core.frame.DataFrame',
      agent: 'fulcrum-gateway/1',
      contentrange: `bytes 0-${Math.max(0, bytes - 1)}/${bytes}`,
    }
    return `${JSON.stringify(envelope).slice(0, -1)},"data":${record.data}}`
  }
}

/** `2026/11/21/05`, UTC. */
export function hourFolder(time: Date): string {
  return time.toISOString().slice(0, 13).replaceAll('-', '/').replace('T', '/')
}

/** True when a request is in the sample: by a hash of its id, so that all its lines stay together. @param rate 0…1 */
export function isSampled(correlationId: string, rate: number): boolean {
  if (rate >= 1) return true
  if (rate <= 0) return false
  let hash = 2166136261
  for (let index = 0; index < correlationId.length; index += 1) hash = Math.imul(hash ^ correlationId.charCodeAt(index), 16777619)
  return (hash >>> 0) / 2 ** 32 < rate
}
