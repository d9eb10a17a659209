import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isAppError } from '@fulcrum/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodePathOnce, parseRelativePath } from './relative-path.ts'
import { openByComparison, openInside, type OpenPurpose, resolveInside } from './safe-path.ts'

const codeOf = async (action: () => unknown): Promise<unknown> => {
  try {
    await action()
    return 'accepted'
  } catch (error) {
    return isAppError(error) ? error.code : error
  }
}

let outside = ''
let root = ''

beforeEach(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'fulcrum-path-')))
  root = join(outside, 'root')
  await mkdir(join(root, 'models/v1'), { recursive: true })
  await writeFile(join(root, 'models/v1/weights.bin'), 'inside')
  await writeFile(join(outside, 'secret.txt'), 'canary')
  await mkdir(join(outside, 'root-2'))
})

afterEach(() => rm(outside, { recursive: true, force: true }))

/** [case of the abuse suite, what arrives percent-encoded] */
const hostile: [number, string][] = [
  [1, '../../etc/passwd'],
  [1, 'models/../../secret.txt'],
  [1, '..'],
  [1, '.'],
  [1, 'models/./v1'],
  [2, '..%2f..%2fetc'],
  [2, 'models%2F..%2F..%2Fsecret.txt'],
  [3, '%252e%252e%252fetc'],
  [3, '%25252e%25252e%25252fetc'],
  [3, 'models/%252e%252e'],
  [3, 'models/.%252e'],
  [3, 'a%252fb'],
  [3, 'a%255cb'],
  [3, 'a%2500b'],
  [3, '%25c0%25ae%25c0%25ae'],
  [3, '%252fetc'],
  [4, '%c0%ae%c0%ae/etc'],
  [4, '%ff'],
  [4, '%'],
  [4, '\uFF0E\uFF0E\uFF0Fetc'],
  [4, '\u2025/etc'],
  [4, 'a\uFF3Cb'],
  [4, '\uFF052e\uFF052e'],
  [4, 'a\uFFFDb'],
  [4, 'a\uD800b'],
  [5, '..\\..\\etc'],
  [5, 'a\\b'],
  [6, '/etc/passwd'],
  [6, '//host/share'],
  [6, 'C:\\Windows'],
  [6, 'c:etc'],
  [7, 'a%00.txt'],
  [7, 'a%0ab'],
  [7, 'a%7fb'],
  [7, 'a%c2%85b'],
  [8, 'a/..;/b'],
  [8, 'a/.;x=1/b'],
  [8, 'a/;/b'],
  [17, '../../.bashrc'],
  [17, 'CON'],
  [17, 'models/nul.txt'],
  [17, 'aux .txt'],
  [17, 'com1'],
  [17, 'LPT\u00B9.log'],
  [17, 'a'.repeat(5000)],
  [17, 'a'.repeat(256)],
  [17, 'trailing.'],
  [17, 'trailing%20'],
  [17, '...'],
  [17, '.. '],
  [17, ''],
  [17, 'a//b'],
  [17, 'a/'],
]

describe('parseRelativePath', () => {
  it.each(hostile)('case %i: %j is refused with InvalidPath', async (_, encoded) => {
    expect(await codeOf(() => parseRelativePath(decodePathOnce(encoded)))).toBe('InvalidPath')
    expect(await codeOf(() => resolveInside(root, decodePathOnce(encoded)))).toBe('InvalidPath')
    expect(await codeOf(() => openInside(root, decodePathOnce(encoded), 'create'))).toBe('InvalidPath')
  })

  it.each([
    'weights.bin',
    'models/v1/weights.bin',
    '.hidden',
    '..data/x',
    'a..b',
    'a;b',
    'console.log',
    'comx',
    '100%',
    '50%off',
    'a%41',
    'métriques/été.csv',
    '数据/图.png',
    'checkpoint-10:30',
    'a b/c',
    'x'.repeat(255),
    'a=1&b=2#c?d',
  ])('%j is accepted as it is', (path) => {
    expect(parseRelativePath(path)).toBe(path)
  })

  it('names the rule that was broken', () => {
    expect(() => parseRelativePath('a/../b')).toThrow("The path 'a/../b' is not allowed: it contains the segment '..'.")
    expect(() => parseRelativePath('a\u0000b')).toThrow("The path 'a\uFFFDb' is not allowed: it contains a control character.")
  })
})

describe('resolveInside', () => {
  it('gives absolute paths for what exists and what does not', async () => {
    expect(await resolveInside(root, 'models/v1/weights.bin')).toBe(join(root, 'models/v1/weights.bin'))
    expect(await resolveInside(root, 'new/deep/file')).toBe(join(root, 'new/deep/file'))
  })

  it('does not mistake folders that appear meanwhile for links', async () => {
    const names = Array.from({ length: 600 }, (_unused, index) => `tree/${Math.floor(index / 6)}/${index % 6}/file`)
    const waiting = names[Symbol.iterator]()
    const work = async (): Promise<void> => {
      for (const name of waiting) await mkdir(dirname(await resolveInside(root, name)), { recursive: true })
    }
    await Promise.all(Array.from({ length: 16 }, work))
    expect(await readdir(join(root, 'tree'))).toHaveLength(100)
  })

  it('accepts a root that is itself reached by a link', async () => {
    await symlink(root, join(outside, 'alias'))
    expect(await resolveInside(join(outside, 'alias'), 'models/v1')).toBe(join(root, 'models/v1'))
  })

  it('case 9: refuses links out of the root, to siblings with the same prefix, to nowhere, and into the root', async () => {
    await symlink(join(outside, 'secret.txt'), join(root, 'file-link'))
    await symlink(outside, join(root, 'folder-link'))
    await symlink(join(outside, 'root-2'), join(root, 'sibling'))
    await symlink(join(outside, 'not-there'), join(root, 'dangling'))
    await symlink(join(root, 'models'), join(root, 'inner'))
    for (const path of [
      'file-link',
      'folder-link/secret.txt',
      'folder-link/new',
      'sibling/x',
      'dangling',
      'dangling/x',
      'inner/v1',
    ]) {
      expect([path, await codeOf(() => resolveInside(root, path))]).toEqual([path, 'InvalidPath'])
    }
  })
})

describe('openInside', () => {
  const openers = {
    'by descriptors': (path: string, purpose: OpenPurpose) => openInside(root, path, purpose),
    'by comparison': (path: string, purpose: OpenPurpose) => openByComparison(root, parseRelativePath(path), purpose),
  }

  it.each(Object.entries(openers))('reads and writes regular files (%s)', async (_, openFile) => {
    const read = await openFile('models/v1/weights.bin', 'read')
    expect(await read.readFile('utf8')).toBe('inside')
    await read.close()
    for (const [purpose, text, expected] of [
      ['create', 'one', 'one'],
      ['append', 'two', 'onetwo'],
      ['replace', 'three', 'three'],
    ] as const) {
      const handle = await openFile('models/new.txt', purpose)
      await handle.writeFile(text)
      await handle.close()
      expect(await readFile(join(root, 'models/new.txt'), 'utf8')).toBe(expected)
    }
  })

  it.each(Object.entries(openers))(
    'case 9: opens nothing through a link and leaves its target untouched (%s)',
    async (_, openFile) => {
      await symlink(join(outside, 'secret.txt'), join(root, 'file-link'))
      await symlink(outside, join(root, 'folder-link'))
      await symlink(join(outside, 'not-there'), join(root, 'dangling'))
      for (const path of ['file-link', 'folder-link/secret.txt', 'folder-link/new.txt', 'dangling']) {
        for (const purpose of ['read', 'create', 'replace', 'append'] as const) {
          await expect(openFile(path, purpose)).rejects.toThrow()
        }
      }
      expect(await readFile(join(outside, 'secret.txt'), 'utf8')).toBe('canary')
      expect((await readdir(outside)).sort()).toEqual(['root', 'root-2', 'secret.txt'])
    },
  )

  it('case 9: answers 404 to reads and 400 to writes', async () => {
    await symlink(join(outside, 'secret.txt'), join(root, 'file-link'))
    await symlink(outside, join(root, 'folder-link'))
    for (const path of ['file-link', 'folder-link/secret.txt', 'models', 'missing', 'missing/deeper']) {
      expect([path, await codeOf(() => openInside(root, path))]).toEqual([path, 'ResourceNotFound'])
    }
    for (const path of ['file-link', 'folder-link/secret.txt', 'models', 'missing/deeper']) {
      expect([path, await codeOf(() => openInside(root, path, 'replace'))]).toEqual([path, 'InvalidPath'])
    }
    expect(await codeOf(() => openInside(root, 'models/v1/weights.bin', 'create'))).toBe('InvalidPath')
  })

  it('does not hang on a named pipe', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')])
    expect(await codeOf(() => openInside(root, 'pipe'))).toBe('ResourceNotFound')
    expect(await codeOf(() => openInside(root, 'pipe', 'replace'))).toBe('InvalidPath')
  })

  it('case 10: never gives foreign bytes while a folder and a file are swapped for links', async () => {
    await mkdir(join(outside, 'evil/v1'), { recursive: true })
    await writeFile(join(outside, 'evil/v1/weights.bin'), 'canary')
    await mkdir(join(root, 'spare'))
    await symlink(join(outside, 'evil'), join(root, 'spare/models'))
    let swapping = true
    let swaps = 0
    const swapper = (async () => {
      while (swapping) {
        await rename(join(root, 'models'), join(root, 'spare/honest'))
        await rename(join(root, 'spare/models'), join(root, 'models'))
        await rename(join(root, 'models'), join(root, 'spare/models'))
        await rename(join(root, 'spare/honest'), join(root, 'models'))
        swaps += 1
      }
    })()
    const seen = new Set<unknown>()
    for (let round = 0; round < 2000 || (seen.size < 2 && round < 20_000); round += 1) {
      seen.add(
        await codeOf(async () => {
          const handle = await openInside(root, 'models/v1/weights.bin')
          try {
            expect(await handle.readFile('utf8')).toBe('inside')
          } finally {
            await handle.close()
          }
        }),
      )
    }
    swapping = false
    await swapper
    expect(swaps).toBeGreaterThan(50)
    expect([...seen].sort()).toEqual(['ResourceNotFound', 'accepted'])
  })
})
