import { closeSync, existsSync, fsync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { errorCodeOf, fsyncDirectory } from '../safe/durable.ts'

/**
 * A directory that a process of ours works in: made, filled, observed and removed by the engine. Names inside are chosen by us;
 * paths that come from users or from the process go through `safe-path`.
 *
 * What is small and there at once (a name, a short file) is done synchronously: a thread would cost several times the work. What takes
 * time (trees, synchronising) is not.
 */
export class WorkDirectory {
  readonly path: string
  #isMade = false

  constructor(path: string) {
    this.path = path
  }

  at(...parts: readonly string[]): string {
    return join(this.path, ...parts)
  }

  /** Makes it (0700) and the named directories below it. */
  async make(...children: readonly string[]): Promise<void> {
    if (!this.#isMade) mkdirSync(this.path, { recursive: true, mode: 0o700 })
    this.#isMade = true
    for (const child of children) mkdirSync(this.at(child), { recursive: true })
  }

  /** Removes it with everything in it, read-only directories of materialised inputs included. */
  async remove(): Promise<void> {
    this.#isMade = false
    if (!existsSync(this.path)) return
    try {
      await rm(this.path, { recursive: true, force: true })
    } catch (error) {
      if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(errorCodeOf(error) ?? '')) throw error
      await makeWritable(this.path)
      await rm(this.path, { recursive: true, force: true })
    }
  }

  /** Writes JSON that is there whole or not at all, readable by the owner only. */
  async writeJson(name: string, value: unknown, options: { readonly durable: boolean }): Promise<void> {
    const target = this.at(name)
    const temporary = `${target}.new`
    const file = openSync(temporary, 'w', 0o600)
    try {
      // Whole or an error: one write to a full disk may take only a part.
      writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
      if (options.durable) await synchronise(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, target)
    if (options.durable) await fsyncDirectory(dirname(target))
  }

  /** @returns `undefined` when it is missing or no JSON yet */
  async readJson(name: string): Promise<unknown> {
    try {
      return JSON.parse(readFileSync(this.at(name), 'utf8')) as unknown
    } catch {
      return undefined
    }
  }

  /** Moves a folder of another directory here, if it is there. */
  async takeOver(other: WorkDirectory, folder: string): Promise<void> {
    try {
      await rename(other.at(folder), this.at(folder))
    } catch (error) {
      if (errorCodeOf(error) !== 'ENOENT') throw error
    }
  }

  async writeText(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.at(name)), { recursive: true })
    await writeFile(this.at(name), text, { mode: 0o644 })
  }

  async appendText(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.at(name)), { recursive: true })
    await writeFile(this.at(name), text, { flag: 'a', mode: 0o644 })
  }

  /** Text of a file from a byte offset on; empty when it is missing or shorter. */
  async readTextFrom(name: string, offset: number): Promise<string> {
    const handle = await open(this.at(name), 'r').catch(() => undefined)
    if (handle === undefined) return ''
    try {
      const { size } = await handle.stat()
      if (size <= offset) return ''
      const buffer = Buffer.alloc(size - offset)
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset)
      return buffer.subarray(0, bytesRead).toString('utf8')
    } finally {
      await handle.close()
    }
  }

  /** The directories in it with the time of their last change. */
  async children(): Promise<{ name: string; modifiedAt: Date }[]> {
    const entries = await readdir(this.path, { withFileTypes: true }).catch(() => [])
    const found: { name: string; modifiedAt: Date }[] = []
    for (const entry of entries) {
      const facts = entry.isDirectory() ? await stat(this.at(entry.name)).catch(() => undefined) : undefined
      if (facts !== undefined) found.push({ name: entry.name, modifiedAt: facts.mtime })
    }
    return found
  }

  async exists(name = '.'): Promise<boolean> {
    return existsSync(this.at(name))
  }

  /** Regular files below `child`, by relative path; symbolic links are left out. */
  async files(child: string): Promise<{ path: string; sizeBytes: number }[]> {
    if (!existsSync(this.at(child))) return []
    const entries = await readdir(this.at(child), { recursive: true, withFileTypes: true }).catch(() => [])
    const found: { path: string; sizeBytes: number }[] = []
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const absolute = join(entry.parentPath, entry.name)
      const facts = await stat(absolute).catch(() => undefined)
      if (facts !== undefined) found.push({ path: absolute.slice(this.path.length + 1), sizeBytes: facts.size })
    }
    return found.sort((left, right) => (left.path < right.path ? -1 : 1))
  }
}

const synchronise = promisify(fsync)

async function makeWritable(directory: string): Promise<void> {
  await chmod(directory, 0o700).catch(() => undefined)
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await makeWritable(join(directory, entry.name))
  }
}
