import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { expectedFile, ownEntries, translated } from './sdk/corpus.ts'
import { knownDifferences } from './sdk/known-differences.ts'

/** `expected/` holds what the SDK sent for each file; `sdk/differential.slow.test.ts` writes it with FULCRUM_UPDATE_EXPECTED=1. */
const entries = ownEntries().filter(({ family, file }) => !(join(family, basename(file)) in knownDifferences))

test.each(entries.map((entry) => [join(entry.family, basename(entry.file)), entry] as const))(
  '%s becomes what the SDK sends',
  async (_name, entry) => {
    expect(await translated(entry)).toEqual(JSON.parse(await readFile(expectedFile(entry), 'utf8')))
  },
)
