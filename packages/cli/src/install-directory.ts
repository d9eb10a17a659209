import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of the repository or the installed package: it holds `python/fulcrum_runtime`, `dist` and `examples`. */
export function installDirectory(): string {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'python', 'fulcrum_runtime'))) return directory
    if (directory === dirname(directory))
      throw new Error(
        `The installation is not complete: 'python/fulcrum_runtime' was not found above '${fileURLToPath(import.meta.url)}'.`,
      )
  }
}

export function serverEntry(): string {
  const entry = join(installDirectory(), 'dist', 'server', 'main.js')
  if (!existsSync(entry)) throw new Error(`'${entry}' is missing; build it with 'npm run build'.`)
  return entry
}
