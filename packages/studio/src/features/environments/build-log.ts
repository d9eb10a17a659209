import { isErrorLine } from '../../ui/log-buffer.ts'

/**
 * The line of a build log that says what went wrong: one that names what the build failed at and reads like a failure,
 * else the first that reads like one.
 * @param error of the build: "… could not be built: resolving failed: no-such-package==9.9 (cause: …)"
 * @returns its index, or -1 for a log without such a line
 */
export function failingLineOf(lines: readonly string[], error: string | null): number {
  if (error === null) return -1
  const named = /failed: ([^\s(]+)/.exec(error)?.[1]?.replace(/[.,;:]$/, '')
  const looksBad = (line: string) => isErrorLine(line) || /^\s*(cause|because)\b/i.test(line)
  const exact = named === undefined ? -1 : lines.findIndex((line) => line.includes(named) && looksBad(line))
  return exact >= 0 ? exact : lines.findIndex(looksBad)
}

/** Whether a job names this version, by its id or as `azureml:name:version`. */
export function usesVersion(reference: string | null | undefined, versionId: string): boolean {
  if (!reference) return false
  const wanted = versionId.toLowerCase()
  const given = reference.toLowerCase().replace(/^azureml:(?=\/)/, '')
  const [, name, version] = /\/environments\/([^/]+)\/versions\/([^/]+)$/.exec(wanted) ?? []
  return given === wanted || given.replace(/^azureml:/, '') === `${name}:${version}`
}
