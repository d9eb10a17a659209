import { invalid } from '@fulcrum/contract'

const iso8601 = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/
const secondsOf = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1] as const

/** Milliseconds of an ISO 8601 duration such as P7D or PT1H; a year counts 365 days, a month 30. @throws InvalidRequestContent */
export function durationMs(text: string, target: string): number {
  const match = iso8601.exec(text)
  if (match === null || text === 'P' || text.endsWith('T'))
    throw invalid(`${target} is '${text}'; write an ISO 8601 duration such as P7D or PT1H.`, { target })
  return match.slice(1).reduce((sum, part, index) => sum + Number(part ?? 0) * (secondsOf[index] ?? 0), 0) * 1000
}
