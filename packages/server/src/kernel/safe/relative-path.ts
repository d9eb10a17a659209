import { type AppError, invalid } from '@fulcrum/contract'

declare const checked: unique symbol
/** A path below some root that passed every rule of {@link parseRelativePath}; `/` between segments on every system. */
export type RelativePath = string & { readonly [checked]: 'RelativePath' }

const segmentLimitBytes = 255
const pathLimitBytes = 1024
const reservedName = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/i
/** `.`, `..`, and what servers and file systems take for them: `..;x`, `. .`, `...`. */
const dotsOnly = /^[.\s]*(?:;.*)?$/s

/** @throws InvalidPath naming the rule that was broken. */
export function invalidPath(text: string, reason: string, cause?: unknown): AppError {
  return invalid(`The path '${printable(text)}' is not allowed: ${reason}.`, { code: 'InvalidPath', target: 'path', cause })
}

/**
 * Decodes a percent-encoded path once, as it came over the wire.
 * @throws InvalidPath when an escape is broken or the bytes are not UTF-8 (overlong forms included)
 */
export function decodePathOnce(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch (error) {
    throw invalidPath(encoded, 'its percent-encoding is not valid UTF-8', error)
  }
}

/**
 * Accepts a path that a user chose, already decoded once, or says which rule it breaks. Nothing is repaired: a path with `..` or a
 * leading `/` is refused, not cleaned.
 * @throws InvalidPath
 */
export function parseRelativePath(text: string): RelativePath {
  const reason = characterProblem(text) ?? lookalikeProblem(text) ?? segmentsProblem(text) ?? decodingProblem(text)
  if (reason !== undefined) throw invalidPath(text, reason)
  return text as RelativePath
}

function characterProblem(text: string): string | undefined {
  if (text === '') return 'it is empty'
  if (Buffer.byteLength(text) > pathLimitBytes) return `it is longer than ${pathLimitBytes} bytes`
  if (/\p{Cc}/u.test(text)) return 'it contains a control character'
  if (/[\p{Cs}\uFFFD]/u.test(text)) return 'it is not valid Unicode'
  if (text.includes('\\')) return "it contains a backslash; separate folders with '/'"
  if (text.startsWith('/')) return "it starts with '/'; paths are relative"
  if (/^[a-z]:/i.test(text)) return 'it starts with a drive letter; paths are relative'
  return undefined
}

/** Text that some layer may normalise into separators or dots, such as full-width `．．／`. */
function lookalikeProblem(text: string): string | undefined {
  const normalised = text.normalize('NFKC')
  const structure = (value: string): string => value.replace(/[^./\\%]/g, '')
  return structure(normalised) === structure(text) ? undefined : 'it contains characters that normalise to separators or dots'
}

function segmentsProblem(text: string): string | undefined {
  for (const segment of text.split('/')) {
    if (segment === '') return "it contains an empty segment ('//' or a trailing '/')"
    if (dotsOnly.test(segment)) return `it contains the segment '${printable(segment)}'`
    if (/[. ]$/.test(segment)) return `its segment '${printable(segment)}' ends with a dot or a space`
    if (Buffer.byteLength(segment) > segmentLimitBytes) return `a segment is longer than ${segmentLimitBytes} bytes`
    if (reservedName.test((segment.split('.')[0] ?? '').trim())) return `'${printable(segment)}' is a reserved name on Windows`
  }
  return undefined
}

/** Text that a second decoding, by whatever layer, would turn into a separator, a control character or a dot segment. */
function decodingProblem(text: string): string | undefined {
  const problem = 'decoded a second time it would be another path'
  if (/%c[01]/i.test(text)) return problem
  let decoded = text
  for (let previous = ''; previous !== decoded;) {
    previous = decoded
    decoded = previous.replace(/%([0-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
  }
  if (decoded === text) return undefined
  if (decoded.split('/').length !== text.split('/').length) return problem
  return (characterProblem(decoded) ?? decoded.split('/').find((segment) => dotsOnly.test(segment))) === undefined
    ? undefined
    : problem
}

function printable(text: string): string {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text
  return shown.replace(/[\p{Cc}\p{Cs}]/gu, '\uFFFD')
}
