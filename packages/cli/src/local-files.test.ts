import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readIgnoreRules } from './ignore-file.ts'
import { readCodeTree, readLocalTree } from './local-files.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fulcrum-files-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
}

const names = (tree: { files: readonly { path: string }[] }): string[] => tree.files.map((file) => file.path)

test('.amlignore wins over .gitignore; caches and version control are never code', async () => {
  await write({
    'src/a.py': '',
    'src/b.txt': '',
    'src/keep.txt': '',
    'src/.amlignore': '*.txt\n!keep.txt\n',
    'src/.gitignore': '*.py\n',
    'src/.git/config': '',
    'src/__pycache__/a.pyc': '',
  })
  expect(names(await readLocalTree(join(root, 'src')))).toEqual(['.amlignore', '.gitignore', 'a.py', 'keep.txt'])
})

test('links are followed, but not in circles', async () => {
  await write({ 'other/b.py': '', 'src/a.py': '' })
  await symlink(join(root, 'other'), join(root, 'src', 'more'))
  await symlink(join(root, 'src'), join(root, 'src', 'again'))
  expect(names(await readLocalTree(join(root, 'src')))).toEqual(['a.py', 'more/b.py'])
})

test('what is included lies beside the code, under its own name; the digest is of the content', async () => {
  await write({ 'src/a.py': 'a', 'shared/b.py': 'b', 'c.txt': 'c' })
  const tree = await readCodeTree(join(root, 'src'), [join(root, 'shared'), join(root, 'c.txt')])
  expect(names(tree)).toEqual(['a.py', 'c.txt', 'shared/b.py'])
  expect((await readCodeTree(join(root, 'src'), [join(root, 'c.txt'), join(root, 'shared')])).digest).toBe(tree.digest)
  await write({ 'shared/b.py': 'changed' })
  expect((await readCodeTree(join(root, 'src'), [join(root, 'shared'), join(root, 'c.txt')])).digest).not.toBe(tree.digest)
})

test.each([
  ['a name that the code has', ['c.txt'], /'c\.txt' is in the code and in additional_includes/],
  ['what is not there', ['no'], /there is no file or folder '.*no'\./],
])('%s cannot be included', async (_name, include, message) => {
  await write({ 'src/c.txt': 'a', 'c.txt': 'c' })
  const paths = include.map((name) => join(root, name))
  await expect(readCodeTree(join(root, 'src'), paths)).rejects.toThrow(message)
})

describe('ignore rules', () => {
  test.each([
    ['*.txt', ['a.txt', 'x/a.txt'], ['a.py']],
    ['/a.txt', ['a.txt'], ['x/a.txt']],
    ['x/', ['x/a', 'y/x/a'], ['x']],
    ['x/y', ['x/y', 'x/y/z'], ['a/x/y']],
    ['**/x', ['x', 'a/x', 'a/b/x/c'], ['xx']],
    ['x/**/y', ['x/y', 'x/a/b/y'], ['y']],
    ['x/**', ['x/a', 'x/a/b'], ['y/x/a']],
    ['a?.txt', ['ab.txt'], ['a.txt', 'a/.txt']],
    ['[ab].txt', ['a.txt'], ['c.txt']],
    ['[!ab].txt', ['c.txt'], ['a.txt']],
    ['# all\n*\n!*.py', ['a.txt'], ['a.py']],
    ['\\#a', ['#a'], ['a']],
    ['a+(b).txt', ['a+(b).txt'], ['aab.txt']],
  ])('%s', (text, ignored, kept) => {
    const rules = readIgnoreRules(text)
    expect(ignored.filter((path) => !rules.ignores(path))).toEqual([])
    expect(kept.filter((path) => rules.ignores(path))).toEqual([])
  })
})
