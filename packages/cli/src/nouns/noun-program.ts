import type { Command } from 'commander'
import type { GlobalOptions } from '../program-options.ts'
import { nouns, type Noun } from './noun.ts'

export interface NounOptions extends GlobalOptions {
  readonly name?: string
  readonly version?: string
  readonly endpointName?: string
  readonly file?: string
  readonly set?: readonly string[]
  readonly allTraffic?: boolean
}

const load = () => import('./run-noun.ts')

/** Noun-verb commands of every noun in the table. @returns the command of each noun, for further verbs */
export function addNounCommands(program: Command): Map<string, Command> {
  return new Map(nouns.map((noun) => [noun.name, addNoun(program, noun)]))
}

function addNoun(program: Command, noun: Noun): Command {
  const group = program.command(noun.name).description(noun.summary)
  const withPlace = (command: Command): Command =>
    noun.place === 'endpoint' || noun.place === 'batchEndpoint'
      ? command.option('-e, --endpoint-name <name>', noun.place === 'endpoint' ? 'online endpoint' : 'batch endpoint')
      : command
  const act = (run: (options: NounOptions) => Promise<void>) => (_options: unknown, command: Command) =>
    run(command.optsWithGlobals<NounOptions>())
  if (noun.verbs.includes('list')) {
    const list = withPlace(group.command('list')).description(
      noun.versioned ? 'newest first; the versions of one with --name' : 'those you may read',
    )
    if (noun.versioned) list.option('-n, --name <name>', 'list the versions of this one')
    list.action(act(async (options) => (await load()).listNoun(noun, options)))
  }
  for (const verb of ['show', 'delete'] as const) {
    if (!noun.verbs.includes(verb)) continue
    const command = withPlace(group.command(`${verb} <name>`)).description(verb === 'show' ? 'one of them' : 'delete one')
    if (noun.versioned)
      command.option('-v, --version <version>', verb === 'show' ? 'a version; the newest when absent' : 'only this version')
    command.action(async (name: string, _options: unknown, own: Command) => {
      const module = await load()
      await (verb === 'show' ? module.showNoun : module.deleteNoun)(noun, name, own.optsWithGlobals<NounOptions>())
    })
  }
  if (noun.verbs.includes('create')) {
    withPlace(group.command('create'))
      .description('from a YAML file')
      .requiredOption('-f, --file <path>', 'YAML file')
      .option('-n, --name <name>', 'wins over the name in the file')
      .option('--set <a.b.c=value...>', 'change the file before it is checked')
      .action(act(async (options) => (await load()).createNoun(noun, options)))
  }
  return group
}
