/** Colour family of a status; each has a text colour and a soft fill in the tokens. */
export type Tone = 'ok' | 'bad' | 'warn' | 'info' | 'hold' | 'idle'

/** What is drawn beside the word, so that a status is read without its colour. */
export type StatusShape = 'check' | 'cross' | 'alert' | 'spinner' | 'ring' | 'dash' | 'diamond' | 'clock' | 'recycle'

export interface StatusLook {
  readonly word: string
  readonly tone: Tone
  readonly shape: StatusShape
  /** True while the thing is expected to change by itself; pages keep watching it. */
  readonly isLive: boolean
}

const families: readonly (readonly [Tone, StatusShape, boolean, readonly string[]])[] = [
  [
    'ok',
    'check',
    false,
    [
      'Completed',
      'Succeeded',
      'Passed',
      'Approved',
      'Healthy',
      'Ready',
      'Released',
      'Compliant',
      'Finished',
      'Allowed',
      'Enabled',
    ],
  ],
  [
    'bad',
    'cross',
    false,
    ['Failed', 'Rejected', 'Blocked', 'Unhealthy', 'RolledBack', 'NonCompliant', 'Error', 'Denied', 'Breached'],
  ],
  [
    'warn',
    'alert',
    false,
    [
      'NotResponding',
      'Warning',
      'Drifted',
      'Degraded',
      'Expired',
      'Overridden',
      'Waived',
      'Unknown',
      'NoData',
      'TooFewSamples',
      'Degenerate',
    ],
  ],
  [
    'info',
    'spinner',
    true,
    [
      'Running',
      'Finalizing',
      'Creating',
      'Updating',
      'Deleting',
      'Accepted',
      'RollingOut',
      'RollingBack',
      'Evaluating',
      'Resizing',
      'Collecting',
      'Mirroring',
      'Advancing',
      'Building',
    ],
  ],
  ['info', 'clock', true, ['Starting', 'Provisioning', 'Preparing', 'Scheduled', 'Verifying']],
  ['idle', 'ring', true, ['NotStarted', 'Queued', 'Pending', 'Planned', 'Created']],
  ['hold', 'diamond', true, ['Paused', 'Waiting', 'AwaitingApproval', 'Open', 'CancelRequested', 'Held']],
  [
    'idle',
    'dash',
    false,
    ['Canceled', 'Skipped', 'Bypassed', 'Disabled', 'Archived', 'Stopped', 'NotRun', 'NotAllowed', 'NotJudged', 'Recorded'],
  ],
  ['ok', 'recycle', false, ['Reused', 'Cached']],
]

const looks = new Map<string, StatusLook>(
  families.flatMap(([tone, shape, isLive, words]) =>
    words.map((word): [string, StatusLook] => [word.toLowerCase(), { word: spell(word), tone, shape, isLive }]),
  ),
)

/**
 * The look of an Azure job status, a provisioning state or a gate verdict. Compared without case; a word nobody
 * foresaw is shown as it is, in grey, because hiding it would hide news.
 */
export function describeStatus(status: string | null | undefined): StatusLook {
  const known = looks.get((status ?? '').toLowerCase())
  return known ?? { word: status ? spell(status) : 'Unknown', tone: 'idle', shape: 'ring', isLive: false }
}

/** "NotResponding" reads "Not responding". */
function spell(word: string): string {
  const words = word.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Azure's job statuses, in the order a job passes them. */
export const jobStatuses = [
  'NotStarted',
  'Starting',
  'Provisioning',
  'Preparing',
  'Queued',
  'Running',
  'Finalizing',
  'CancelRequested',
  'Completed',
  'Failed',
  'Canceled',
  'NotResponding',
  'Paused',
] as const
