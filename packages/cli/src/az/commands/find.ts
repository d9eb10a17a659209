import { commandOf, type Command, type Group } from './command.ts'
import { coreGroups, topTable } from './core.ts'
import { mlGroups } from './ml.ts'

export const mlSummary = 'Manage machine-learning resources with the extension ml, built in.'

/** The command or the group that the words name. @returns it, and how many words it took */
export function findCommand(words: readonly string[]): { found: Command | Group; used: number } {
  const [first, second, third] = words
  if (first === undefined) return { found: { path: '', summary: topTable.summary }, used: 0 }
  const top = commandOf('', first, topTable)
  if (top !== undefined) return { found: top, used: 1 }
  const isMl = first === 'ml'
  if (isMl && (second === undefined || mlGroups[second] === undefined))
    return { found: { path: 'ml', summary: mlSummary }, used: 1 }
  const table = isMl ? mlGroups[second ?? ''] : coreGroups[first]
  if (table === undefined) return { found: { path: '', summary: topTable.summary }, used: 0 }
  const path = isMl ? `ml ${second}` : first
  const verb = isMl ? third : second
  const depth = isMl ? 2 : 1
  const command = verb === undefined ? undefined : commandOf(path, verb, table)
  return command === undefined ? { found: { path, summary: table.summary }, used: depth } : { found: command, used: depth + 1 }
}

/** What stands directly below a group: name and summary. */
export function childrenOf(path: string): { name: string; summary: string; isGroup: boolean }[] {
  const verbs = (table: { verbs: Readonly<Record<string, readonly [string, string]>> }) =>
    Object.entries(table.verbs).map(([name, [summary]]) => ({ name, summary, isGroup: false }))
  const groups = (tables: Readonly<Record<string, { summary: string }>>) =>
    Object.entries(tables).map(([name, { summary }]) => ({ name, summary, isGroup: true }))
  if (path === '') return [...groups(coreGroups), { name: 'ml', summary: mlSummary, isGroup: true }, ...verbs(topTable)]
  if (path === 'ml') return groups(mlGroups)
  const table = path.startsWith('ml ') ? mlGroups[path.slice(3)] : coreGroups[path]
  return table === undefined ? [] : verbs(table)
}
