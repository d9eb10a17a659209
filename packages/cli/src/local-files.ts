import { createHash } from 'node:crypto'
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import type { UploadFile } from '@fulcrum/sdk'
import { readIgnoreRules, type IgnoreRules } from './ignore-file.ts'

/** Never code, whatever the ignore file says. */
const ignoredNames = new Set(['.git', '__pycache__', '.ipynb_checkpoints', '.venv', 'node_modules', '.DS_Store'])

export interface LocalTree {
  readonly kind: 'file' | 'folder'
  readonly name: string
  readonly files: readonly UploadFile[]
  /** sha256 over sorted `path\0sha256\n` lines. */
  readonly digest: string
}

/** A file of this computer and the name it gets. */
interface LocalFile {
  readonly source: string
  readonly name: string
}

/** A file, or all files below a folder but those that its `.amlignore`, else `.gitignore`, leaves out. @throws when there is nothing at `path` */
export async function readLocalTree(path: string): Promise<LocalTree> {
  const kind = await kindOf(path)
  const files = kind === 'folder' ? await filesBelow(path) : [{ source: path, name: basename(path) }]
  if (files.length === 0) throw new Error(`the folder '${path}' holds no files.`)
  return treeOf(kind, basename(path), files)
}

/** Code and what is added to it: each of `include` under its own name beside the code. @throws when one of them is not there */
export async function readCodeTree(path: string | undefined, include: readonly string[]): Promise<LocalTree> {
  if (path !== undefined && include.length === 0) return readLocalTree(path)
  const code = path === undefined ? [] : await placed(path, (await kindOf(path)) === 'folder' ? '' : basename(path))
  const added = await Promise.all(include.map(async (further) => placed(further, basename(further))))
  const files = [...code, ...added.flat()]
  const twice = files.find((file, index) => files.findIndex((other) => other.name === file.name) !== index)
  if (twice !== undefined) throw new Error(`'${twice.name}' is in the code and in additional_includes, or twice there.`)
  return treeOf('folder', path === undefined ? 'code' : basename(path), files)
}

async function placed(path: string, name: string): Promise<LocalFile[]> {
  if ((await kindOf(path)) === 'file') return [{ source: path, name }]
  const files = await filesBelow(path)
  return name === '' ? files : files.map((file) => ({ ...file, name: `${name}/${file.name}` }))
}

async function kindOf(path: string): Promise<'file' | 'folder'> {
  const facts = await stat(path).catch(() => {
    throw new Error(`there is no file or folder '${path}'.`)
  })
  return facts.isDirectory() ? 'folder' : 'file'
}

async function treeOf(kind: LocalTree['kind'], name: string, found: readonly LocalFile[]): Promise<LocalTree> {
  const files = found.toSorted((left, right) => (left.name < right.name ? -1 : 1))
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file.name}\0${await digestOf(file.source)}\n`)
  return {
    kind,
    name,
    files: await Promise.all(files.map(async (file) => uploadFileOf(file.source, file.name))),
    digest: hash.digest('hex'),
  }
}

async function filesBelow(root: string): Promise<LocalFile[]> {
  const rules = await rulesOf(root)
  // Links are followed, as the SDK does, but not to a folder that is being walked.
  const walk = async (directory: string, above: readonly string[]): Promise<LocalFile[]> => {
    const real = await realpath(directory)
    if (above.includes(real)) return []
    const found: LocalFile[] = []
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (ignoredNames.has(entry.name) || entry.name.endsWith('.pyc')) continue
      const source = join(directory, entry.name)
      const name = relative(root, source).split(sep).join('/')
      const facts = entry.isSymbolicLink() ? await stat(source).catch(() => entry) : entry
      if (facts.isDirectory()) found.push(...(await walk(source, [...above, real])))
      else if (facts.isFile() && !rules.ignores(name)) found.push({ source, name })
    }
    return found
  }
  return walk(root, [])
}

/** `.amlignore` of the folder, else its `.gitignore`; those of folders below do not count. */
async function rulesOf(root: string): Promise<IgnoreRules> {
  for (const name of ['.amlignore', '.gitignore']) {
    const text = await readFile(join(root, name), 'utf8').catch(() => undefined)
    if (text !== undefined) return readIgnoreRules(text)
  }
  return readIgnoreRules('')
}

async function uploadFileOf(path: string, name: string): Promise<UploadFile> {
  const { size } = await stat(path)
  return {
    path: name,
    sizeBytes: size,
    async read(start, end) {
      await using file = await open(path, 'r')
      const bytes = new Uint8Array(end - start)
      let filled = 0
      while (filled < bytes.byteLength) {
        const { bytesRead } = await file.read(bytes, filled, bytes.byteLength - filled, start + filled)
        if (bytesRead === 0) throw new Error(`'${path}' became shorter while it was read.`)
        filled += bytesRead
      }
      return bytes
    },
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await using file = await open(path, 'r')
  for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
