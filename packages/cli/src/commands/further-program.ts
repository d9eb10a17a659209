import type { Command } from 'commander'
import { addBatchVerbs } from './batch-program.ts'
import type { GlobalOptions } from '../program-options.ts'

/** Verbs beyond list, show, create and delete. */
export function addFurtherVerbs(program: Command, groups: ReadonlyMap<string, Command>): void {
  const group = (name: string): Command => groups.get(name) ?? program.command(name)
  addReleaseVerbs(group('release'))
  addEndpointVerbs(group('endpoint'))
  addBatchVerbs(group('batch-endpoint'), group('batch-deployment'))
  addScheduleVerbs(group('schedule'))
  addMonitorVerbs(program.command('monitor').description('monitors of deployed models and their runs'))
  addTokenVerbs(program.command('token').description('your personal access tokens'))
  addAuditVerbs(program.command('audit').description('the audit log'))
  group('environment')
    .command('build <name>')
    .description('build an environment now instead of with its first job')
    .option('-v, --version <version>', 'a version; the newest when absent')
    .option('--stream', 'print the log while it grows')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await import('./environment-build.ts')).buildEnvironment(name, own.optsWithGlobals<GlobalOptions>()),
    )
  group('environment')
    .command('gc')
    .description('remove built environments, those not used for longest first; never one in use')
    .option('--limit-gb <number>', 'what may stay (FULCRUM_ENVIRONMENTS_LIMIT_GB of the server when absent)')
    .option('--dry-run', 'only say what would go')
    .action(async (_options: unknown, own: Command) =>
      (await import('./environment-build.ts')).collectEnvironments(own.optsWithGlobals<GlobalOptions>()),
    )
  group('instance')
    .command('apply')
    .description('make the platform what an instance.yml says; safe to repeat')
    .requiredOption('-f, --file <path>', 'instance.yml')
    .option('--set <a.b.c=value...>', 'change the file before it is checked')
    .action(async (_options: unknown, own: Command) =>
      (await import('./instance.ts')).applyInstance(own.optsWithGlobals<GlobalOptions & { file: string }>()),
    )
}

function addReleaseVerbs(release: Command): void {
  for (const verdict of ['approve', 'reject'] as const) {
    release
      .command(`${verdict} <name>`)
      .description(`${verdict} the open gate of a release`)
      .option('--gate <name>', 'gate; the open one when absent')
      .option('-m, --comment <text>', 'why')
      .action(async (name: string, _options: unknown, own: Command) =>
        (await import('./release.ts')).decide(verdict, name, own.optsWithGlobals<GlobalOptions>()),
      )
  }
  release
    .command('inbox')
    .description('gates that wait for you')
    .action(async (_options: unknown, own: Command) => (await import('./release.ts')).inbox(own.optsWithGlobals<GlobalOptions>()))
}

function addEndpointVerbs(endpoint: Command): void {
  endpoint
    .command('invoke <name>')
    .description('score a request file with the key of the endpoint')
    .requiredOption('-r, --request-file <path>', 'JSON file')
    .option('-d, --deployment-name <name>', 'ask this deployment, past the traffic split')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await import('./endpoint.ts')).invoke(name, own.optsWithGlobals<GlobalOptions & { requestFile: string }>()),
    )
  endpoint
    .command('keys <name>')
    .description('the keys of the endpoint')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await import('./endpoint.ts')).keys(name, own.optsWithGlobals<GlobalOptions>()),
    )
  endpoint
    .command('traffic <name> <shares...>')
    .description('set the share of each deployment, e.g. blue=90 green=10')
    .action(async (name: string, shares: string[], _options: unknown, own: Command) =>
      (await import('./endpoint.ts')).setTraffic(name, shares, own.optsWithGlobals<GlobalOptions>()),
    )
}

function addScheduleVerbs(schedule: Command): void {
  const load = () => import('./schedule.ts')
  schedule
    .command('trigger <name>')
    .description('fire a schedule now, beside its times')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await load()).triggerSchedule(name, own.optsWithGlobals<GlobalOptions>()),
    )
  schedule
    .command('fires <name>')
    .description('when it fired, newest first, and which job that made')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await load()).listFires(name, own.optsWithGlobals<GlobalOptions>()),
    )
  schedule
    .command('upcoming <name>')
    .description('when it will fire')
    .option('--count <number>', 'so many times, 10 when absent')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await load()).listUpcomingFires(name, own.optsWithGlobals<GlobalOptions & { count?: string }>()),
    )
}

function addMonitorVerbs(monitor: Command): void {
  const load = () => import('./monitor.ts')
  monitor
    .command('list')
    .description('those you may read')
    .action(async (_options: unknown, own: Command) => (await load()).listMonitors(own.optsWithGlobals<GlobalOptions>()))
  monitor
    .command('runs [name]')
    .description('runs and their verdicts, newest first')
    .action(async (name: string | undefined, _options: unknown, own: Command) =>
      (await load()).listRuns(name, own.optsWithGlobals<GlobalOptions>()),
    )
  monitor
    .command('run <name>')
    .description('run a monitor now and wait for its verdict')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await load()).runMonitor(name, own.optsWithGlobals<GlobalOptions>()),
    )
}

function addTokenVerbs(token: Command): void {
  const load = () => import('./token.ts')
  token
    .command('list')
    .description('never their values')
    .action(async (_options: unknown, own: Command) => (await load()).listTokens(own.optsWithGlobals<GlobalOptions>()))
  token
    .command('create <name>')
    .description('shown once')
    .option('--days <number>', 'lifetime', '30')
    .option('--scope <pattern...>', 'action patterns that narrow it')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await load()).createToken(name, own.optsWithGlobals<GlobalOptions & { days: string }>()),
    )
  token
    .command('delete <id>')
    .description('revoke one')
    .action(async (id: string, _options: unknown, own: Command) =>
      (await load()).revokeToken(id, own.optsWithGlobals<GlobalOptions>()),
    )
  token
    .command('approve <code>')
    .description('let the program that shows this code act as you; approve only what you started yourself')
    .option('--refuse', 'refuse it instead')
    .action(async (code: string, _options: unknown, own: Command) =>
      (await load()).approveDevice(code, own.optsWithGlobals<GlobalOptions & { refuse?: boolean }>()),
    )
}

function addAuditVerbs(audit: Command): void {
  audit
    .command('verify')
    .description('check that no record was changed')
    .action(async (_options: unknown, own: Command) =>
      (await import('./audit.ts')).verifyAudit(own.optsWithGlobals<GlobalOptions>()),
    )
  audit
    .command('list')
    .description('who did what, newest first')
    .option('--top <number>', 'how many', '50')
    .option('--type <type>', 'e.g. releases.gateApproved')
    .option('--actor <name>', 'by whom')
    .option('--subject <id>', 'on what')
    .action(async (_options: unknown, own: Command) =>
      (await import('./audit.ts')).listAudit(own.optsWithGlobals<GlobalOptions>()),
    )
}
