import { globalOptions, type Option } from './arguments/option.ts'
import { childrenOf } from './commands/find.ts'
import type { Command, Group } from './commands/command.ts'
import { AzFailure, exits } from './failure.ts'
import { optionTexts } from './option-texts.ts'

export function groupHelp(group: Group): string {
  const children = childrenOf(group.path)
  const section = (title: string, entries: typeof children): string =>
    entries.length === 0 ? '' : `\n${title}:\n${columns(entries.map(({ name, summary }) => [name, summary]))}`
  const title = group.path === '' ? 'az' : `az ${group.path}`
  return `\nGroup\n    ${title} : ${group.summary}\n${section(
    'Subgroups',
    children.filter((child) => child.isGroup),
  )}${section(
    'Commands',
    children.filter((child) => !child.isGroup),
  )}\nFlags and an example of each: ${title} <command> --help\n`
}

export function commandHelp(command: Command): string {
  const line = (option: Option): [string, string] => [
    `${option.flags.join(' ')}${option.required ? ' [Required]' : ''}`,
    `${optionTexts[option.name] ?? describe(option)}`,
  ]
  const own = command.options.toSorted((left, right) => Number(right.required) - Number(left.required))
  return `\nCommand\n    az ${command.path} : ${command.summary}\n\nArguments\n${columns(own.map(line))}\nGlobal Arguments\n${columns(globalOptions.map(line))}`
}

function describe(option: Option): string {
  if (option.takes === 'flag' || option.takes === 'truth') return 'A flag.'
  if (option.takes === 'list' || option.takes === 'append') return 'Values, separated by blanks.'
  return option.isNumber ? 'A whole number.' : 'A value.'
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `    ${left.padEnd(width)} : ${right}\n`).join('')
}

/** A word that names nothing below a group, with the nearest that does. */
export function misspelled(group: Group, word: string): AzFailure {
  const names = childrenOf(group.path).map((child) => child.name)
  const near = nearest(word, names)
  return new AzFailure(`'${word}' is misspelled or not recognized by the system.`, exits.usage, [
    ...(near === undefined ? [] : [`Did you mean '${near}' ?`]),
    `Known here: ${names.join(', ')}.`,
  ])
}

function nearest(word: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: distanceOf(word.toLowerCase(), name) }))
    .toSorted((left, right) => left.distance - right.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= Math.max(2, word.length / 3) ? best.name : undefined
}

/** Edit distance. */
function distanceOf(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...right].entries())
      next.push(Math.min((next[column] ?? 0) + 1, (row[column + 1] ?? 0) + 1, (row[column] ?? 0) + (letter === other ? 0 : 1)))
    row = next
  }
  return row[right.length] ?? 0
}
