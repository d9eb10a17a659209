import type { ResourceKind } from '@fulcrum/contract'

/** One kind of a contract part. @throws Error when the contract does not have it: a mistake of ours */
export function requireKind(kinds: readonly ResourceKind[], type: string): ResourceKind {
  const kind = kinds.find((candidate) => candidate.type === type)
  if (kind === undefined) throw new Error(`The contract has no kind '${type}'.`)
  return kind
}
