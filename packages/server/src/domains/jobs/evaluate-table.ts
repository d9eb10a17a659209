import { invalid } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { parseYaml } from '../../kernel/safe/index.ts'
import { filesOfUri, type TreeFile } from '../storage/index.ts'
import { membersOf } from './component-members.ts'

/** Modes `eval_mount` and `eval_download`: the job gets the files that an MLTable selects, not the MLTable. */

const largestDefinition = 1024 * 1024

/** @throws InvalidRequestContent there is no MLTable, or it names what cannot be selected here */
export async function evaluateTable(
  ctx: Context,
  request: { readonly workspaceId: string; readonly uri: string; readonly input: string },
): Promise<TreeFile[]> {
  const { files } = await filesOfUri(ctx, request)
  const definition = files.find((file) => file.path === 'MLTable')
  const target = `inputs.${request.input}`
  if (definition === undefined || definition.sizeBytes > largestDefinition)
    throw invalid(`Input '${request.input}' is to be evaluated, but its folder has no file MLTable of at most 1 MiB.`, { target })
  const parts: Buffer[] = []
  for await (const part of await ctx.content.open(definition.digest)) parts.push(part as Buffer)
  const { value } = parseYaml(Buffer.concat(parts).toString('utf8'), { file: 'MLTable' })
  return selectFiles(files, value, (problem) => invalid(`The MLTable of input '${request.input}' ${problem}`, { target }))
}

/** The files that `paths` of an MLTable select, without repetition, in the order of the paths. Pure. */
export function selectFiles(files: readonly TreeFile[], table: unknown, fail: (problem: string) => Error): TreeFile[] {
  const paths: unknown = membersOf(table)['paths']
  if (!Array.isArray(paths) || paths.length === 0) throw fail("has no 'paths'.")
  const found = new Map<string, TreeFile>()
  for (const entry of paths) {
    const [kind = '', text = ''] = Object.entries(membersOf(entry)).map(([key, value]) => [key, String(value)])[0] ?? []
    const wanted = text.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '')
    if (/^[a-z]+:\/\//i.test(text) || text.startsWith('/') || wanted.split('/').includes('..'))
      throw fail(`names '${text}'; only paths below its own folder can be evaluated here.`)
    const matches = matcherOf(kind, wanted)
    if (matches === undefined) throw fail(`has an entry '${kind}'; file, folder and pattern can be evaluated.`)
    const selected = files.filter((file) => file.path !== 'MLTable' && matches(file.path))
    if (selected.length === 0) throw fail(`selects '${text}', which is not there.`)
    for (const file of selected) found.set(file.path, file)
  }
  return [...found.values()]
}

function matcherOf(kind: string, wanted: string): ((path: string) => boolean) | undefined {
  if (kind === 'file') return (path) => path === wanted
  if (kind === 'folder') return (path) => wanted === '' || wanted === '.' || path.startsWith(`${wanted}/`)
  if (kind !== 'pattern') return undefined
  const expression = wanted.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*\*\/|\*\*|\*|\?/g, (sign) => globs[sign] ?? '')
  const pattern = new RegExp(`^${expression}$`)
  return (path) => pattern.test(path)
}

const globs: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' }
