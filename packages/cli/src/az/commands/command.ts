import { options, type Option } from '../arguments/option.ts'
import type { Values } from '../arguments/values.ts'
import type { CliEnvironment } from '../../environment.ts'
import type { Place } from '../place.ts'
import type { Settings } from '../settings.ts'

/** What a command works with. */
export interface Call {
  /** The command as it is written, e.g. `ml job create`. */
  readonly path: string
  readonly values: Values
  readonly settings: Settings
  readonly environment: CliEnvironment
  /** The instance; opened when it is asked for, so that `az configure` needs none. */
  place(): Promise<Place>
  /** A line `WARNING: …` on the error stream, unless `--only-show-errors`. */
  warn(text: string): void
}

/** Does the work. @returns what is printed by `-o`; `undefined` prints nothing */
export type Handler = (call: Call) => Promise<unknown>
export type Handlers = Readonly<Record<string, Handler>>

export interface Command {
  /** Words after `az`, joined by blanks. */
  readonly path: string
  readonly summary: string
  readonly options: readonly Option[]
  /** Takes words beside its options, as `config set` does. */
  readonly takesWords: boolean
  readonly load: () => Promise<Handler>
}

export interface Group {
  readonly path: string
  readonly summary: string
}

/** `verb: [summary, options in short notation]`; `words` in front of the notation: the verb takes words. */
export type VerbTable = Readonly<Record<string, readonly [summary: string, notation: string]>>

export interface GroupTable {
  readonly summary: string
  /** Options of every verb. */
  readonly scope: string
  readonly verbs: VerbTable
  readonly load: () => Promise<Handlers>
}

export function commandOf(groupPath: string, verb: string, group: GroupTable): Command | undefined {
  const entry = group.verbs[verb]
  if (entry === undefined) return undefined
  const [summary, notation] = entry
  const takesWords = notation.startsWith('words ')
  return {
    path: groupPath === '' ? verb : `${groupPath} ${verb}`,
    summary,
    options: merged(options(takesWords ? notation.slice(6) : notation), options(group.scope)),
    takesWords,
    async load() {
      const handler = (await group.load())[verb]
      if (handler === undefined) throw new Error(`'${groupPath} ${verb}' has no handler.`)
      return handler
    },
  }
}

/** The verb's own options win over those of its group. */
function merged(own: readonly Option[], scope: readonly Option[]): Option[] {
  return [...own, ...scope.filter((option) => !own.some((entry) => entry.name === option.name))]
}
