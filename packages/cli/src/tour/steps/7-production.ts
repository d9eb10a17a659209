import { ensureDeployment, ensureEndpoint, setAllTraffic } from '../deployments.ts'
import { sampleFlights, type Flight } from '../flights.ts'
import type { Guide } from '../guide.ts'
import { openScorer } from '../scoring.ts'
import { laterMonths, readMonth } from './3-data.ts'

const rowsPerMonth = 1500
const rowsPerRequest = 50

/** Step 7: the released digest answers in production; four months of flights are asked about, and everything is collected. */
export async function releaseBlue(guide: Guide): Promise<string> {
  const { prod, endpointName } = guide.places
  const robot = await guide.as('ci-cd')
  guide.say('deploying blue')
  await ensureEndpoint(guide, robot, prod)
  await ensureDeployment(guide, robot, { workspaceId: prod, name: 'blue', version: '1', collects: true })
  await setAllTraffic(guide, robot, prod, 'blue')
  const scorer = await openScorer(guide, robot, prod)
  let rows = 0
  for (const request of await productionRequests(guide)) {
    await scorer.score(request.flights, request.correlationId)
    rows += request.flights.length
    if (rows % 1000 === 0) guide.say(`${rows} flights asked about`)
  }
  guide.note(`${rows} flights of April to July scored over HTTP with the endpoint's key`)
  return guide.studioOf(prod, `/endpoints/${endpointName}`)
}

export interface ProductionRequest {
  /** The id of its first flight. */
  readonly correlationId: string
  readonly flights: readonly Flight[]
}

/** The requests of step 7, the same each time: the truth that arrives later names their rows. */
export async function productionRequests(guide: Guide): Promise<ProductionRequest[]> {
  const requests: ProductionRequest[] = []
  for (const month of laterMonths) {
    const flights = sampleFlights(await readMonth(guide, month), rowsPerMonth)
    for (let start = 0; start < flights.length; start += rowsPerRequest) {
      const batch = flights.slice(start, start + rowsPerRequest)
      requests.push({ correlationId: batch[0]?.id ?? '', flights: batch })
    }
  }
  return requests
}
