import { invalid } from '@fulcrum/contract'
import { isGiven, membersOf, wholeNumber } from './component-members.ts'
import { parseDurationMs } from './duration.ts'
import type { StepSpec } from './types.ts'

const mostRetries = 100

/**
 * `limits` of a command: the time for its program, and how often that may fail and be started again (ours; Azure has retries of
 * mini-batches only). Jobs write camelCase, nodes of pipelines snake_case.
 * @throws InvalidRequestContent
 */
export function commandLimits(limits: unknown, target: string): Pick<StepSpec, 'timeoutMs' | 'maxRetries'> {
  const { timeout, maxRetries: ofJob, max_retries: ofNode } = membersOf(limits)
  const timeoutMs = parseDurationMs(timeout, `${target}.timeout`)
  const [name, asked] = isGiven(ofJob) ? ['maxRetries', ofJob] : ['max_retries', ofNode]
  const maxRetries = wholeNumber(asked, 0, `${target}.${name}`)
  if (maxRetries > mostRetries)
    throw invalid(`${target}.${name} is ${maxRetries}; at most ${mostRetries} retries are possible.`, {
      target: `${target}.${name}`,
    })
  return { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(maxRetries === 0 ? {} : { maxRetries }) }
}
