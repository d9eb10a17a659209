import { createHash } from 'node:crypto'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import type { UploadFile } from '@fulcrum/sdk'

const ignoredNames = new Set(['.git', '__pycache__', '.ipynb_checkpoints', '.venv', 'node_modules', '.DS_Store'])

export interface LocalTree {
  readonly kind: 'file' | 'folder'
  readonly name: string
  readonly files: readonly UploadFile[]
  /** sha256 over sorted `path\0sha256\n` lines. */
  readonly digest: string
}

/** A file, or all files below a folder but caches and version control. @throws when there is nothing at `path` */
export async function readLocalTree(path: string): Promise<LocalTree> {
  const facts = await stat(path).catch(() => {
    throw new Error(`there is no file or folder '${path}'.`)
  })
  const kind = facts.isDirectory() ? 'folder' : 'file'
  const paths = kind === 'folder' ? await filesBelow(path) : [path]
  if (paths.length === 0) throw new Error(`the folder '${path}' holds no files.`)
  const files = await Promise.all(
    paths.map(async (file) => uploadFileOf(file, kind === 'folder' ? relative(path, file).split(sep).join('/') : basename(file))),
  )
  const hash = createHash('sha256')
  for (const [index, file] of files.entries()) hash.update(`${file.path}\0${await digestOf(paths[index] ?? '')}\n`)
  return { kind, name: basename(path), files, digest: hash.digest('hex') }
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = (await readdir(directory, { withFileTypes: true })).toSorted((left, right) => (left.name < right.name ? -1 : 1))
  const found: string[] = []
  for (const entry of entries) {
    if (ignoredNames.has(entry.name) || entry.name.endsWith('.pyc')) continue
    const path = join(directory, entry.name)
    if (entry.isDirectory()) found.push(...(await filesBelow(path)))
    else if (entry.isFile()) found.push(path)
  }
  return found
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
