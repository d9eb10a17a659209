import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { UsageError } from '../cli-errors.ts'
import { readEnvironment } from '../environment.ts'
import { installDirectory } from '../install-directory.ts'

export interface InstallOptions {
  readonly directory?: string
  readonly force?: boolean
}

const mark = "# Written by 'fulcrum az install'; 'fulcrum az uninstall' removes it."
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * Writes an executable `az` that runs this installation, with this data directory unless FULCRUM_HOME names another.
 * @throws UsageError when another program of that name is there, unless forced
 */
export async function installAz(options: InstallOptions): Promise<void> {
  const environment = readEnvironment()
  const directory = resolve(options.directory ?? join(environment.dataDirectory, 'bin'))
  const path = join(directory, 'az')
  const program = join(installDirectory(), 'dist', 'cli', 'az.js')
  if (!existsSync(program)) throw new UsageError(`'${program}' is missing; build it with 'npm run build'.`)
  if (options.force !== true && !(await isOurs(path)))
    throw new UsageError(
      `'${path}' is another program, probably the Azure CLI. Choose another --directory, or replace it with --force.`,
    )
  await mkdir(directory, { recursive: true })
  await rm(path, { force: true })
  const lines = [
    '#!/bin/sh',
    mark,
    `FULCRUM_HOME="\${FULCRUM_HOME:-${environment.dataDirectory.replace(/(["$`\\])/g, '\\$1')}}"`,
    'export FULCRUM_HOME',
    `exec ${quoted(process.execPath)} ${quoted(program)} "$@"`,
  ]
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o755 })
  process.stdout.write(`Installed ${path}.\n${pathAdvice(directory, environment.inherited['PATH'] ?? '')}`)
}

/** What the shell has to know, and which other `az` would be found first. */
function pathAdvice(directory: string, path: string): string {
  const directories = path.split(delimiter).filter((entry) => entry !== '')
  const first = directories.find((entry) => existsSync(join(entry, 'az')))
  if (first !== undefined && resolve(first) === directory) return 'Your shell finds it: az version\n'
  const other = first === undefined ? '' : `Your shell finds ${join(first, 'az')} first. `
  return `${other}For this shell: export PATH=${quoted(directory)}:"$PATH"\n`
}

/** @throws UsageError when what is there is not ours */
export async function uninstallAz(options: InstallOptions): Promise<void> {
  const path = join(resolve(options.directory ?? join(readEnvironment().dataDirectory, 'bin')), 'az')
  if (!existsSync(path)) {
    process.stdout.write(`There is no ${path}.\n`)
    return
  }
  if (!(await isOurs(path))) throw new UsageError(`'${path}' was not installed by 'fulcrum az install'; it stays.`)
  await rm(path)
  process.stdout.write(`Removed ${path}.\n`)
}

async function isOurs(path: string): Promise<boolean> {
  return !existsSync(path) || (await readFile(path, 'utf8')).includes(mark)
}
