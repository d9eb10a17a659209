import { Command } from 'commander'
import { addAzCommands } from './az/install-program.ts'
import { addAccessCommands } from './commands/access-program.ts'
import { addFurtherVerbs } from './commands/further-program.ts'
import { addJobCommands } from './commands/job-program.ts'
import { addOperatorCommands } from './commands/operator-program.ts'
import { addNounCommands } from './nouns/noun-program.ts'
import type { GlobalOptions } from './program-options.ts'

/** The commands and their options; what a command does is loaded when it runs. */
export function createProgram(): Command {
  const program = new Command('fulcrum')
  program
    .description('Fulcrum, the machine-learning platform you can own')
    .version('0.1.0')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .option('-o, --output <format>', 'json, yaml, table, tsv or none; a table on a terminal, else json')
    .option('--query <jmespath>', 'what to keep of the result')
    .option('-g, --resource-group <name>', 'resource group')
    .option('-w, --workspace-name <name>', 'workspace')
    .option('--subscription <id>', 'subscription')
  addPlatformCommands(program)
  addConnectionCommands(program)
  addJobCommands(program)
  addOperatorCommands(program)
  const nouns = addNounCommands(program)
  addFurtherVerbs(program, nouns)
  addAccessCommands(program, nouns)
  addAzCommands(program)
  return program
}

function addPlatformCommands(program: Command): void {
  program
    .command('up')
    .description('start the platform on this machine, and the guided tour on an empty data directory')
    .option('--no-tour', 'do not run the tour')
    .option('--open', 'open the studio in a browser')
    .action(async (options: { tour: boolean; open?: boolean }) => (await import('./commands/up.ts')).up(options))
  program
    .command('tour')
    .description('run the guided tour, or go on where it stopped')
    .action(async () => (await import('./tour/tour.ts')).tourCommand())
  program
    .command('down')
    .description('stop the platform on this machine')
    .action(async () => (await import('./commands/down.ts')).down())
  program
    .command('status')
    .description('say which processes run and whether they answer')
    .action(async (_options: unknown, command: Command) =>
      (await import('./commands/status.ts')).status(command.optsWithGlobals<GlobalOptions>()),
    )
  program
    .command('doctor')
    .description('check what this host can do: Node, Python, database, isolation, disk, ports')
    .action(async (_options: unknown, command: Command) =>
      (await import('./commands/doctor.ts')).doctor(command.optsWithGlobals<GlobalOptions>()),
    )
  for (const verb of ['backup', 'restore'] as const) {
    program
      .command(`${verb} <directory>`)
      .description(
        verb === 'backup'
          ? 'copy the whole instance into a directory'
          : 'make an instance from a backup, in an empty data directory',
      )
      .action(async (directory: string) => (await import('./commands/backup.ts')).copyInstance(verb, directory))
  }
}

function addConnectionCommands(program: Command): void {
  program
    .command('env')
    .description('print the exports that SDKs and scripts need: eval "$(fulcrum env)"')
    .option('--cloud', 'print the cloud_metadata of an SDK as JSON instead')
    .option(
      '--current-cloud',
      'export AZUREML_CURRENT_CLOUD as well; azure-ai-ml 1.4 refuses it, 1.5 to 1.2x need it for registries and new workspaces',
    )
    .action(async (_options: unknown, command: Command) =>
      (await import('./commands/env.ts')).printEnvironment(command.optsWithGlobals<GlobalOptions>()),
    )
  program
    .command('login')
    .description('remember another instance or principal')
    .option('--url <url>', 'where its API answers')
    .option('--token <token>', 'personal access token or secret of a service principal; read from standard input when absent')
    .action(async (options: { url?: string; token?: string }) => (await import('./commands/login.ts')).login(options))
  program
    .command('logout')
    .description('forget the remembered instance and defaults')
    .action(async () => (await import('./commands/login.ts')).logout())
  program
    .command('configure')
    .description('remember defaults for --resource-group and --workspace-name')
    .action(async (_options: unknown, command: Command) =>
      (await import('./commands/login.ts')).configure(command.optsWithGlobals<GlobalOptions>()),
    )
  program
    .command('whoami')
    .description('say as whom you speak and which workspaces you may read')
    .action(async (_options: unknown, command: Command) =>
      (await import('./commands/login.ts')).whoAmI(command.optsWithGlobals<GlobalOptions>()),
    )
}
