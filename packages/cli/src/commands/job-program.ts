import type { Command } from 'commander'
import type { GlobalOptions } from '../program-options.ts'
import type { RerunOptions } from './job.ts'

/** Verbs of jobs beyond list and delete. */
export function addJobCommands(program: Command): void {
  const job = program.command('job').description('jobs: list, show, create, stream, logs, cancel')
  const load = () => import('./job.ts')
  job
    .command('list')
    .description('newest first')
    .action(async (_options: unknown, command: Command) => (await load()).listJobs(command.optsWithGlobals<GlobalOptions>()))
  job
    .command('create')
    .description('submit a job from a YAML file')
    .requiredOption('-f, --file <path>', 'YAML file')
    .option('-n, --name <name>', 'wins over the name in the file')
    .option('--set <a.b.c=value...>', 'change the file before it is checked')
    .option('--stream', 'print the log until the job has ended')
    .action(async (_options: unknown, command: Command) =>
      (await load()).createJob(command.optsWithGlobals<GlobalOptions & { file: string }>()),
    )
  job
    .command('show <name>')
    .description('one job')
    .action(async (name: string, _options: unknown, command: Command) =>
      (await load()).showJob(name, command.optsWithGlobals<GlobalOptions>()),
    )
  job
    .command('cancel <name>')
    .description('ask a job to end')
    .action(async (name: string) => (await load()).cancelJob(name, job.optsWithGlobals<GlobalOptions>()))
  job
    .command('rerun <name>')
    .description('submit a job again as a new one')
    .option('--from-failed', 'take over the steps that completed')
    .option('-n, --name <name>', 'name of the new job')
    .option('--stream', 'print the log until the job has ended')
    .action(async (name: string, options: RerunOptions) =>
      (await load()).rerunJob(name, { ...job.optsWithGlobals<GlobalOptions>(), ...options }),
    )
  job
    .command('stream <name>')
    .description('print the log as it grows; exits with 1 when the job fails')
    .action(async (name: string) => (await load()).streamJob(name, job.optsWithGlobals<GlobalOptions>()))
  job
    .command('logs <name> [path]')
    .description('list the logs of a job, or print one')
    .action(async (name: string, path: string | undefined) =>
      (await load()).printLogs(name, path, job.optsWithGlobals<GlobalOptions>()),
    )
}
