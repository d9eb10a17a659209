import { invalid } from '@fulcrum/contract'

/** A requirement and where its author wrote it. */
export interface PlacedRequirement {
  readonly text: string
  /** `line 3 of requirements.txt`. */
  readonly place: string
}

/**
 * Reads the text of a requirements.txt: requirements, comments, continued lines. Options are refused, since what they ask for lies
 * outside the environment: `-r` another file, `--index-url` another index, `--hash` another lock than ours.
 * @throws InvalidRequestContent with the line
 */
export function readRequirements(text: string, target = 'properties.pipRequirements'): PlacedRequirement[] {
  const found: PlacedRequirement[] = []
  let line = 0
  let pending: { text: string; line: number } | undefined
  for (const raw of text.split(/\r?\n/)) {
    line += 1
    const continues = /\\\s*$/.test(raw)
    const joined = `${pending?.text ?? ''}${raw.replace(/\\\s*$/, ' ')}`
    const start = pending?.line ?? line
    pending = continues ? { text: joined, line: start } : undefined
    if (continues) continue
    const requirement = joined.replace(/(^|\s)#.*$/, '').trim()
    if (requirement === '') continue
    const place = `line ${start} of requirements.txt`
    checkRequirement(requirement, (problem) => invalid(`${place[0]?.toUpperCase()}${place.slice(1)}: ${problem}`, { target }))
    found.push({ text: requirement, place })
  }
  if (pending !== undefined)
    throw invalid(`Line ${line} of requirements.txt ends with a backslash and nothing behind it.`, { target })
  return found
}

/** @throws what `fail` makes of the reason why this is no requirement that can be installed here */
export function checkRequirement(requirement: string, fail: (problem: string) => Error): void {
  if (/\s--hash[= ]/.test(requirement))
    throw fail(`hashes of files are not supported ('${requirement}'); the lock pins each version`)
  if (requirement.startsWith('-')) throw fail(`the pip option '${requirement}' is not supported; list requirements only`)
  if (/^(?:\.{0,2}\/|file:)/i.test(requirement) || /@\s*file:/i.test(requirement))
    throw fail(`the local path '${requirement}' is not supported; publish it as a package or put it into the job's code`)
  if (
    !/^[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*(?:[<>=!~@;(].*)?$/.test(requirement) &&
    !/^(?:git\+|https?:)/i.test(requirement)
  )
    throw fail(`'${requirement}' is no requirement; it has the form name, name==1.2 or name>=1,<2`)
}
