import { invalid } from '@fulcrum/contract'

const iso8601 = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** Milliseconds of an ISO 8601 duration such as `PT1M30S`. @throws InvalidRequestContent */
export function durationMs(value: unknown, fallbackMs: number, target: string): number {
  if (value === undefined || value === null || value === '') return fallbackMs
  const match = iso8601.exec(String(value))
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = (match?.slice(1) ?? []).map((part) => Number(part ?? 0))
  const total = Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
  if (match === null || total <= 0)
    throw invalid(`${target} is '${String(value)}'; write an ISO 8601 duration such as PT5S.`, { target })
  return total
}
