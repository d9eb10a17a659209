import { AppError, type Client, rebuildError } from '@fulcrum/sdk'
import { OutcomeError } from '../cli-errors.ts'
import { featureColumns, type Flight } from './flights.ts'
import type { Guide } from './guide.ts'

/** Asks an endpoint over HTTP with its key, as an application does. */
export interface Scorer {
  /** Probability of being on time and of being late, for each flight. @param correlationId under which the rows are collected */
  score(flights: readonly Flight[], correlationId: string): Promise<[number, number][]>
}

/** @param deployment asks this deployment alone, past the traffic split */
export async function openScorer(guide: Guide, client: Client, workspaceId: string, deployment?: string): Promise<Scorer> {
  const id = `${workspaceId}/onlineEndpoints/${guide.places.endpointName}`
  const [endpoint, keys] = await Promise.all([client.get(id), client.post<{ primaryKey: string }>(`${id}/listKeys`)])
  const scoringUri = endpoint.properties['scoringUri']
  if (typeof scoringUri !== 'string') throw new OutcomeError(`Endpoint '${endpoint.name}' has no scoring address.`)
  return {
    async score(flights, correlationId) {
      const body = JSON.stringify({
        input_data: {
          columns: featureColumns,
          index: flights.map((_, index) => index),
          data: flights.map((flight) => flight.features),
        },
      })
      const response = await fetch(scoringUri, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${keys.primaryKey}`,
          'content-type': 'application/json',
          'x-ms-client-request-id': correlationId,
          ...(deployment === undefined ? {} : { 'azureml-model-deployment': deployment }),
        },
        body,
        signal: guide.signal,
      })
      if (!response.ok) throw rebuildError(response.status, await response.text())
      return (await response.json()) as [number, number][]
    },
  }
}

/** Batches of real flights, sent one after another until told to stop; overload is waited out. */
export class TrafficGenerator {
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  /** Rows sent so far, and requests that failed. */
  sent = 0
  failed = 0

  constructor(guide: Guide, scorer: Scorer, flights: readonly Flight[], name: string) {
    this.#running = this.#run(guide, scorer, flights, name)
  }

  async #run(guide: Guide, scorer: Scorer, flights: readonly Flight[], name: string): Promise<void> {
    const rowsPerRequest = 5
    for (
      let start = 0;
      !this.#stop.signal.aborted && !guide.signal.aborted;
      start = (start + rowsPerRequest) % Math.max(1, flights.length)
    ) {
      const batch = flights.slice(start, start + rowsPerRequest)
      await scorer.score(batch, `${name}-${this.sent}`).then(
        () => (this.sent += batch.length),
        async (error: unknown) => {
          this.failed += 1
          if (!(error instanceof AppError)) await guide.admin.delay(500).catch(() => undefined)
        },
      )
      await guide.admin.delay(10, this.#stop.signal).catch(() => undefined)
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
