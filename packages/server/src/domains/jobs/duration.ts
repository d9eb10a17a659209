import { invalid } from '@fulcrum/contract'

const iso8601 = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** Milliseconds of an ISO 8601 duration (`PT1H30M`) or of a number of seconds. @throws InvalidRequestContent */
export function parseDurationMs(value: unknown, target: string): number | undefined {
  if (value === null || value === undefined || value === '') return undefined
  const seconds = typeof value === 'number' ? value : Number(value)
  if (Number.isFinite(seconds)) {
    if (seconds > 0) return seconds * 1000
    throw invalid(`${target} is ${seconds}; it must be more than 0 seconds.`, { target })
  }
  const match = iso8601.exec(String(value))
  if (match === null) throw invalid(`${target} is '${String(value)}'; write an ISO 8601 duration such as PT1H30M.`, { target })
  const [days, hours, minutes, rest] = match.slice(1).map((part) => Number(part ?? 0))
  const total = (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (rest ?? 0)
  if (total <= 0) throw invalid(`${target} is '${String(value)}'; it must be longer than nothing.`, { target })
  return total * 1000
}
