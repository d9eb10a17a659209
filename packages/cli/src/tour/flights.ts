/** Columns of the model's signature, in its order. */
const numeric = ['hour', 'weekday', 'distance', 'sched_dep_minutes', 'temp', 'humid', 'wind_speed', 'precip', 'pressure', 'visib']
const categorical = ['carrier', 'origin', 'dest']
export const featureColumns: readonly string[] = [...numeric, ...categorical]

/** A flight as the model is asked about it, and what became of it. */
export interface Flight {
  readonly id: string
  readonly features: readonly (number | string)[]
  readonly late: number
}

/** Evenly spread rows of a month's CSV (no quoted cells), without those that lack a reading of the weather. */
export function sampleFlights(csv: Uint8Array, count: number): Flight[] {
  const [header = '', ...lines] = new TextDecoder().decode(csv).trimEnd().split('\n')
  const names = header.trim().split(',')
  const place = new Map(names.map((name, index) => [name, index]))
  const complete = lines
    .map((line) => line.trim().split(','))
    .filter((cells) => numeric.every((name) => cells[place.get(name) ?? -1] !== ''))
  const stride = Math.max(1, complete.length / count)
  const flights: Flight[] = []
  for (let position = 0; flights.length < count && Math.floor(position) < complete.length; position += stride) {
    const cells = complete[Math.floor(position)] ?? []
    const cell = (name: string): string => cells[place.get(name) ?? -1] ?? ''
    flights.push({
      id: cell('flight_id'),
      features: [...numeric.map((name) => Number(cell(name))), ...categorical.map(cell)],
      late: Number(cell('late')),
    })
  }
  return flights
}
