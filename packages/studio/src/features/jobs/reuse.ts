import type { JobProperties } from './job.ts'
import type { ReuseDecision } from './steps.ts'

export type Difference = NonNullable<ReuseDecision['differences']>[number]

/** One field of a reuse key that differs, as its row shows it. */
export interface ExplainedDifference extends Difference {
  /** `Input usage`, `Command`, `Code`. */
  readonly label: string
  /** What a digest cannot say: that the content is another one, and where it comes from. */
  readonly remark: string | undefined
  /** Name of the step of the same pipeline that wrote this input. */
  readonly upstream: string | undefined
}

const fieldLabels: Readonly<Record<string, string>> = {
  code: 'Code',
  command: 'Command',
  environment: 'Environment',
  type: 'Kind of step',
  distribution: 'Distribution',
  instanceCount: 'Instances',
  processCount: 'Processes per instance',
  parallel: 'Mini-batch settings',
  schema: 'Form of the key',
}
const prefixLabels: Readonly<Record<string, string>> = {
  inputs: 'Input',
  outputs: 'Output',
  environmentVariables: 'Environment variable',
}

/** The name of a field in words; a field nobody foresaw keeps its own. */
export function labelOf(field: string): string {
  const [prefix = '', ...rest] = field.split('.')
  const label = prefixLabels[prefix]
  return label && rest.length > 0 ? `${label} ${rest.join('.')}` : (fieldLabels[field] ?? field)
}

/** Says of each difference what it means, and which earlier step it goes back to. */
export function explainDifferences(
  differences: readonly Difference[],
  inputs: JobProperties['inputs'],
): readonly ExplainedDifference[] {
  return differences.map((difference) => {
    const upstream = upstreamOf(inputs?.[difference.field.replace(/^inputs\./, '')]?.value)
    return { ...difference, label: labelOf(difference.field), upstream, remark: remarkOf(difference, upstream) }
  })
}

function remarkOf({ field, before, now }: Difference, upstream: string | undefined): string | undefined {
  const isAbsent = (value: unknown) => value === null || value === undefined
  if (isAbsent(before)) return 'There was none before.'
  if (isAbsent(now)) return 'There is none any more.'
  if (!isDigest(before) && !isDigest(now)) return undefined
  if (field === 'environment') return 'Other packages or versions are locked.'
  if (field === 'code') return 'Files of the code were changed.'
  return upstream ? 'The step that writes it wrote different content this time.' : 'Its content is different.'
}

/** The step whose output an input is bound to: `${{parent.jobs.train.outputs.model}}` gives `train`. */
export function upstreamOf(value: unknown): string | undefined {
  return typeof value === 'string' ? /\$\{\{\s*parent\.jobs\.([^.\s}]+)\.outputs\./.exec(value)?.[1] : undefined
}

/** Two texts cut where they begin and cease to differ. */
export interface SplitChange {
  readonly start: string
  readonly before: string
  readonly now: string
  readonly end: string
}

export function splitChange(before: string, now: string): SplitChange {
  const shorter = Math.min(before.length, now.length)
  let start = 0
  while (start < shorter && before[start] === now[start]) start += 1
  let end = 0
  while (end < shorter - start && before.at(-1 - end) === now.at(-1 - end)) end += 1
  return {
    start: before.slice(0, start),
    before: before.slice(start, before.length - end),
    now: now.slice(start, now.length - end),
    end: before.slice(before.length - end),
  }
}

/** Values of a reuse key in a cell: digests by their first digits, nothing as a dash. */
export function printField(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return isDigest(text) ? `${text.replace(/^sha256:/, '').slice(0, 12)}…` : text
}

/** Whether a value stands for content that is not shown itself. */
export function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^(sha256:)?[0-9a-f]{40,64}$/.test(value)
}

/** The two ends of a long text. */
export function shorten(text: string, length = 60): string {
  if (text.length <= length) return text
  const end = Math.floor((length - 1) / 2)
  return `${text.slice(0, length - 1 - end)}…${text.slice(-end)}`
}
