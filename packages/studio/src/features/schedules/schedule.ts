import type { ArmResource } from '../../api.ts'
import type { ScheduleTrigger } from '../../app/schedule-trigger.ts'
import { nameOfId } from '../../arm.ts'

/** What a schedule submits: a job of its own, or another job with changes. */
export type JobDefinition = Readonly<Record<string, unknown>> & {
  readonly jobType?: string
  readonly sourceJobId?: string | null
  readonly displayName?: string | null
  readonly experimentName?: string | null
  readonly command?: string | null
}

export type Schedule = ArmResource<{
  readonly displayName?: string | null
  readonly description?: string | null
  readonly isEnabled?: boolean | null
  readonly trigger?: ScheduleTrigger
  readonly action?: { readonly actionType?: string; readonly jobDefinition?: JobDefinition }
  readonly provisioningState?: string
}>

/** One time at which it fired, as `GET …/fires` gives it. */
export interface Fire {
  readonly fireTime: string
  readonly firedAt: string
  /** `Scheduled` or `Manual`. */
  readonly trigger: string
  readonly jobName: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

export interface UpcomingFires {
  /** IANA name, whatever the schedule calls it. */
  readonly timeZone: string
  readonly value: readonly { readonly fireTime: string }[]
}

export const isEnabled = ({ properties }: Schedule): boolean => properties.isEnabled !== false

/** Its action in a word or two. */
export function describeAction({ properties }: Schedule): string {
  const { actionType = '', jobDefinition } = properties.action ?? {}
  switch (actionType.toLowerCase()) {
    case 'createjob':
      return jobDefinition?.sourceJobId
        ? `runs ${nameOfId(jobDefinition.sourceJobId)} again`
        : `runs a ${(jobDefinition?.jobType ?? 'job').toLowerCase()}`
    case 'createmonitor':
      return 'watches an endpoint'
    default:
      return actionType || 'nothing'
  }
}

export const isMonitor = ({ properties }: Schedule): boolean => properties.action?.actionType?.toLowerCase() === 'createmonitor'

/** One thing that the schedule sets on what it submits. */
export interface Override {
  readonly name: string
  readonly value: string
}

/** Members that say which job it is and not how it is changed. */
const identity = new Set(['jobType', 'sourceJobId', 'isArchived', 'properties', 'componentId'])

/** What is set on top of the source job; of nested members each by itself: `inputs.seed`, `settings.force_rerun`. */
export function overridesOf(definition: JobDefinition | undefined): readonly Override[] {
  return Object.entries(definition ?? {}).flatMap(([name, value]) => (identity.has(name) ? [] : flatten(name, value)))
}

function flatten(name: string, value: unknown): Override[] {
  if (value === null || value === undefined || value === '') return []
  if (typeof value !== 'object') return [{ name, value: String(value) }]
  if (Array.isArray(value)) return [{ name, value: JSON.stringify(value) }]
  const members = value as Record<string, unknown>
  const bound = members['value'] ?? members['uri']
  if (name.includes('.') && bound !== undefined && bound !== null) return [{ name, value: String(bound) }]
  if (name.split('.').length > 2) return [{ name, value: JSON.stringify(value) }]
  return Object.entries(members).flatMap(([member, inner]) => flatten(`${name}.${member}`, inner))
}

/** The body that changes whether it fires, and nothing else of what was asked for. */
export function withEnabled({ location, tags, properties }: Schedule, enabled: boolean) {
  const { provisioningState: _state, ...asked } = properties
  return { ...(location && { location }), ...(tags && { tags }), properties: { ...asked, isEnabled: enabled } }
}

/** "Mon 23 Nov 2026, 06:00 GMT+1" in a time zone. */
export function formatInZone(time: string, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'shortOffset',
    ...(timeZone && { timeZone }),
  }).format(Date.parse(time))
}
