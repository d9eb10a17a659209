import { OutcomeError } from '../cli-errors.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession, type Session } from '../session.ts'

interface MonitorRun {
  readonly name: string
  readonly properties: {
    readonly status: string
    readonly verdict: string | null
    readonly error: string | null
    readonly scheduleName: string
    readonly createdAt: string
    readonly signals: readonly { readonly name: string; readonly state: string; readonly breachedFeatures: readonly string[] }[]
  }
}

/** The monitors of a workspace: schedules whose action is a monitor. */
export async function listMonitors(options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const monitors: unknown[] = []
  for await (const schedule of session.client.list(`${await session.workspace()}/schedules`)) {
    const action = schedule.properties['action']
    if (typeof action === 'object' && action !== null && 'actionType' in action && action.actionType === 'CreateMonitor')
      monitors.push(schedule)
  }
  await print(monitors, options)
}

export async function listRuns(name: string | undefined, options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const { value } = await session.client.get<{ value: MonitorRun[] }>(`${await session.workspace()}/monitorRuns`, {
    query: { scheduleName: name },
  })
  await printRuns(value, options)
}

/** Runs a monitor now and waits for its verdict. */
export async function runMonitor(name: string, options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const workspace = await session.workspace()
  const started = await session.client.request<MonitorRun>(
    'POST',
    `${workspace}/schedules/${encodeURIComponent(name)}/runMonitor`,
    { body: {} },
  )
  const run = await untilEnded(session, `${workspace}/monitorRuns/${started.body.name}`)
  await printRuns([run], options)
  if (run.properties.status === 'Failed') throw new OutcomeError(run.properties.error ?? 'The run failed.')
}

async function untilEnded({ client }: Session, path: string): Promise<MonitorRun> {
  for (;;) {
    const run = await client.get<MonitorRun>(path)
    if (run.properties.status === 'Completed' || run.properties.status === 'Failed') return run
    await client.delay(500)
  }
}

async function printRuns(runs: readonly MonitorRun[], options: GlobalOptions): Promise<void> {
  if (options.output !== undefined && options.output !== 'table') return print(runs, options)
  const rows = runs.map(({ name, properties }) => ({
    run: name,
    monitor: properties.scheduleName,
    status: properties.status,
    verdict: properties.verdict,
    createdAt: properties.createdAt,
    signals: properties.signals.map((signal) => `${signal.name} ${signal.state}`).join(', '),
  }))
  await print(rows, options)
}
