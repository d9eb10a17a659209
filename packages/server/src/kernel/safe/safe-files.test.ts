import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureDirectory, listTree, readTail, readText, removeTree, statOrUndefined, writeFileAtomic } from './safe-files.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fulcrum-files-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('writeFileAtomic', () => {
  it('replaces whole files and leaves no temporary file, also when it fails', async () => {
    const path = join(folder, 'state.json')
    await writeFileAtomic(path, 'one')
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => writeFileAtomic(path, String(index).repeat(10_000), { durable: false })),
    )
    expect(new Set(await readFile(path, 'utf8')).size).toBeLessThanOrEqual(2)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await mkdir(join(folder, 'taken/by'), { recursive: true })
    await expect(writeFileAtomic(join(folder, 'taken'), 'x')).rejects.toThrow()
    expect((await readdir(folder)).sort()).toEqual(['state.json', 'taken'])
  })
})

describe('reading', () => {
  it('reads text up to a limit', async () => {
    await writeFile(join(folder, 'a'), 'äbc')
    expect(await readText(join(folder, 'a'), 4)).toBe('äbc')
    await expect(readText(join(folder, 'a'), 3)).rejects.toMatchObject({ code: 'PayloadTooLarge' })
    await expect(readText(join(folder, 'b'), 3)).rejects.toMatchObject({ code: 'ResourceNotFound' })
    await symlink(join(folder, 'a'), join(folder, 'link'))
    await expect(readText(join(folder, 'link'), 10)).rejects.toThrow('ELOOP')
  })

  it('follows a growing log by offset', async () => {
    const path = join(folder, 'log')
    expect(await readTail(path, 0, 100)).toEqual({ bytes: Buffer.alloc(0), nextOffset: 0 })
    await writeFile(path, 'line 1\nline 2\n')
    const first = await readTail(path, 0, 7)
    expect([first.bytes.toString(), first.nextOffset]).toEqual(['line 1\n', 7])
    await appendFile(path, 'line 3\n')
    const second = await readTail(path, first.nextOffset, 100)
    expect([second.bytes.toString(), second.nextOffset]).toEqual(['line 2\nline 3\n', 21])
    expect((await readTail(path, 21, 100)).bytes.length).toBe(0)
    expect((await readTail(path, -7, 100)).bytes.toString()).toBe('line 3\n')
    expect((await readTail(path, -700, 100)).nextOffset).toBe(21)
    await writeFile(path, 'new')
    expect(await readTail(path, 21, 100)).toEqual({ bytes: Buffer.from('new'), nextOffset: 3 })
  })
})

describe('trees', () => {
  it('lists without following links', async () => {
    await mkdir(join(folder, 'tree/b'), { recursive: true })
    await writeFile(join(folder, 'tree/b/x'), '123')
    await writeFile(join(folder, 'tree/a'), '')
    await symlink(folder, join(folder, 'tree/loop'))
    const entries = []
    for await (const { path, kind, sizeBytes } of listTree(join(folder, 'tree'))) entries.push([path, kind, sizeBytes])
    expect(entries).toEqual([
      ['a', 'file', 0],
      ['b', 'directory', 0],
      ['b/x', 'file', 3],
      ['loop', 'link', 0],
    ])
    for await (const entry of listTree(join(folder, 'missing'))) throw new Error(`listed ${entry.path}`)
  })

  it('removes links and not their targets', async () => {
    await mkdir(join(folder, 'kept'))
    await writeFile(join(folder, 'kept/x'), 'x')
    await mkdir(join(folder, 'tree'))
    await symlink(join(folder, 'kept'), join(folder, 'tree/link'))
    await removeTree(join(folder, 'tree'))
    await removeTree(join(folder, 'tree'))
    expect([await statOrUndefined(join(folder, 'tree')), await readdir(join(folder, 'kept'))]).toEqual([undefined, ['x']])
  })

  it('creates folders with the mode asked for, whatever the umask', async () => {
    await ensureDirectory(join(folder, 'deep/er'), 0o770)
    expect((await stat(join(folder, 'deep/er'))).mode & 0o777).toBe(0o770)
    await ensureDirectory(join(folder, 'deep/er'))
    expect((await stat(join(folder, 'deep/er'))).mode & 0o777).toBe(0o700)
  })
})
