import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository or the installed package: the directory that holds `python/fulcrum_runtime`. */
export const installDirectory = findUpwards(dirname(fileURLToPath(import.meta.url)), join('python', 'fulcrum_runtime'))

/** For PYTHONPATH of job wrappers, scoring workers and environment builds. */
export const pythonPath = join(installDirectory, 'python')

export const studioDirectory = join(installDirectory, 'packages', 'studio', 'dist')

function findUpwards(start: string, wanted: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, wanted))) return directory
    if (directory === dirname(directory))
      throw new Error(`'${wanted}' was not found above '${start}'; the installation is not complete.`)
  }
}
