import type { BlobFacts } from './blob-store.ts'
import { conditionNotMet, storageError } from './storage-error.ts'
import { tagsMatch, type TagExpression } from './tag-conditions.ts'

/** Conditional headers of a request. Entity tags as sent, or `*`. */
export interface BlobConditions {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
  readonly ifModifiedSince?: Date | undefined
  readonly ifUnmodifiedSince?: Date | undefined
  readonly ifTags?: TagExpression | undefined
}

type Subject = Pick<BlobFacts, 'etag' | 'modifiedAt'> & { readonly tags?: Readonly<Record<string, string>> }

/** What the headers say of the state found (RFC 9110 §13): `unchanged` is the answer 304 to a read. Pure. */
export function judgeConditions(subject: Subject | undefined, conditions: BlobConditions): 'holds' | 'fails' | 'unchanged' {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ifTags } = conditions
  if (ifMatch !== undefined && !matchesTag(subject, ifMatch)) return 'fails'
  if (ifTags !== undefined && !tagsMatch(ifTags, subject?.tags ?? {})) return 'fails'
  if (subject === undefined) return 'holds'
  const modified = Math.floor(subject.modifiedAt.getTime() / 1_000) * 1_000
  if (ifUnmodifiedSince !== undefined && ifMatch === undefined && modified > ifUnmodifiedSince.getTime()) return 'fails'
  if (ifNoneMatch !== undefined) return matchesTag(subject, ifNoneMatch) ? 'unchanged' : 'holds'
  if (ifModifiedSince !== undefined && modified <= ifModifiedSince.getTime()) return 'unchanged'
  return 'holds'
}

/** @throws StorageError 412, or 409 BlobAlreadyExists for a write that asks for a new blob */
export function requireConditions(subject: Subject | undefined, conditions: BlobConditions, name: string): void {
  if (subject !== undefined && conditions.ifNoneMatch?.trim() === '*')
    throw storageError(409, 'BlobAlreadyExists', `The blob '${name}' exists already.`)
  if (judgeConditions(subject, conditions) !== 'holds') throw conditionNotMet(name)
}

function matchesTag(subject: Subject | undefined, header: string): boolean {
  if (subject === undefined) return false
  return header
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === subject.etag || `"${tag}"` === subject.etag)
}
