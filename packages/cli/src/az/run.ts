import { readEnvironment } from '../environment.ts'
import { globalOptions, type Option } from './arguments/option.ts'
import { parseArguments } from './arguments/parse.ts'
import type { Values } from './arguments/values.ts'
import type { Call, Command, Group } from './commands/command.ts'
import { findCommand } from './commands/find.ts'
import { AzFailure } from './failure.ts'
import { formatOf, render } from './output/render.ts'
import { unqueried } from './output/query.ts'
import type { Place } from './place.ts'
import { Settings } from './settings.ts'

/** Runs one command line. @returns the exit code: 0, 1 an error, 2 a mistake in the command line, 3 a missing resource */
export async function run(args: readonly string[]): Promise<number> {
  // A reader that left, as `head` does, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  const state: { isDebug: boolean } = { isDebug: args.includes('--debug') }
  try {
    return await execute(args, state)
  } catch (error) {
    return (await import('./report.ts')).report(error, state.isDebug)
  }
}

async function execute(args: readonly string[], state: { isDebug: boolean }): Promise<number> {
  const words = leadingWords(args)
  const { found, used } = findCommand(words)
  if ('options' in found) return runCommand(found, args.slice(used), state)
  return showGroup(found, words, used, args)
}

/** A group without a verb shows its help: asked for, that is an answer; else a mistake. */
async function showGroup(group: Group, words: readonly string[], used: number, args: readonly string[]): Promise<number> {
  const help = await import('./help.ts')
  const isAsked = args.some((arg) => ['--help', '-h'].includes(arg)) || args.length === 0 || words.at(-1) === 'help'
  const [unknown] = words.slice(used)
  if (isAsked || unknown === undefined) process.stdout.write(help.groupHelp(group))
  if (isAsked) return 0
  if (unknown === undefined) throw new AzFailure('the following arguments are required: _subcommand', 2)
  throw help.misspelled(group, unknown)
}

async function runCommand(command: Command, args: readonly string[], state: { isDebug: boolean }): Promise<number> {
  const values = parseArguments(args, withGlobals(command.options), command.takesWords)
  if (values.flag('help')) {
    process.stdout.write((await import('./help.ts')).commandHelp(command))
    return 0
  }
  const environment = readEnvironment()
  const settings = new Settings(environment)
  const format = formatOf(values.text('output') ?? settings.get('core', 'output') ?? 'json')
  const isQuiet = values.flag('only-show-errors') || /^(1|true|yes|on)$/i.test(settings.get('core', 'only_show_errors') ?? '')
  state.isDebug = values.flag('debug')
  const place = opened(values, environment, settings, state.isDebug || values.flag('verbose'))
  const call: Call = {
    path: command.path,
    values,
    settings,
    environment,
    place,
    warn(text) {
      if (!isQuiet) process.stderr.write(`WARNING: ${text}\n`)
    },
  }
  const handler = await command.load()
  const result = withResourceGroups(await handler(call))
  const expression = values.text('query')
  const shaped =
    expression === undefined ? unqueried(result) : await (await import('./output/query.ts')).query(result, expression)
  process.stdout.write(await render(shaped, format))
  return 0
}

function opened(
  values: Values,
  environment: ReturnType<typeof readEnvironment>,
  settings: Settings,
  isTold: boolean,
): () => Promise<Place> {
  let place: Promise<Place> | undefined
  const onRequest = isTold ? (line: string): void => void process.stderr.write(`DEBUG: ${line}\n`) : undefined
  const open = async (): Promise<Place> => (await import('./place.ts')).openPlace({ environment, settings, values, onRequest })
  return () => (place ??= open())
}

function withGlobals(own: readonly Option[]): Option[] {
  const taken = new Set(own.flatMap((option) => option.flags))
  return [...own, ...globalOptions.filter((option) => !option.flags.some((flag) => taken.has(flag)))]
}

/** Words before the first flag: they name the command. */
function leadingWords(args: readonly string[]): string[] {
  const end = args.findIndex((arg) => arg.startsWith('-'))
  return args.slice(0, end === -1 ? args.length : end)
}

/** The original adds `resourceGroup` to every object with an ARM id of a resource. */
function withResourceGroups(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withResourceGroups)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    ([key, entry]) => [key, key === 'sourceVault' ? entry : withResourceGroups(entry)] as const,
  )
  const id = 'id' in value && typeof value.id === 'string' ? value.id.split('/') : []
  const has = entries.some(([key]) => key.toLowerCase() === 'resourcegroup')
  if (!has && id[3]?.toLowerCase() === 'resourcegroups' && id[8] !== undefined) entries.push(['resourceGroup', id[4]])
  return Object.fromEntries(entries)
}
