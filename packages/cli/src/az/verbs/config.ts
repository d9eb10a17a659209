import type { Call, Handlers } from '../commands/command.ts'
import { AzFailure, usage } from '../failure.ts'

interface Entry {
  readonly name: string
  readonly source: string
  readonly value: string
}

function entriesOf(call: Call, section: string): Entry[] {
  const source = `${call.settings.directory}/config`
  return Object.entries(call.settings.sections()[section] ?? {}).map(([name, value]) => ({ name, source, value }))
}

async function configure(call: Call): Promise<unknown> {
  const { values, settings } = call
  const defaults = values.pairs('defaults')
  if (defaults !== undefined) settings.set('defaults', defaults)
  if (values.has('list-defaults')) return entriesOf(call, 'defaults')
  if (defaults === undefined)
    throw usage('nothing to configure: give --defaults group=<name> workspace=<name>, or --list-defaults.')
  return undefined
}

function split(name: string): [string, string] {
  const dot = name.indexOf('.')
  if (dot < 1) throw usage(`'${name}' is no setting; write section.key, e.g. defaults.group.`)
  return [name.slice(0, dot), name.slice(dot + 1)]
}

export const configVerbs: Handlers = {
  configure,
  async get(call) {
    const [name] = call.values.words
    if (name === undefined)
      return Object.fromEntries(Object.keys(call.settings.sections()).map((section) => [section, entriesOf(call, section)]))
    if (!name.includes('.')) return entriesOf(call, name)
    const [section, key] = split(name)
    const found = entriesOf(call, section).find((entry) => entry.name === key)
    if (found === undefined) throw new AzFailure(`Configuration '${name}' is not set.`)
    return found
  },
  async set(call) {
    if (call.values.words.length === 0) throw usage('the following arguments are required: KEY_VALUE')
    for (const word of call.values.words) {
      const equals = word.indexOf('=')
      if (equals < 1) throw usage(`'${word}' is no setting; write section.key=value.`)
      const [section, key] = split(word.slice(0, equals))
      call.settings.set(section, { [key]: word.slice(equals + 1) })
    }
    return undefined
  },
  async unset(call) {
    if (call.values.words.length === 0) throw usage('the following arguments are required: KEY')
    for (const word of call.values.words) {
      const [section, key] = split(word)
      call.settings.set(section, { [key]: '' })
    }
    return undefined
  },
}
