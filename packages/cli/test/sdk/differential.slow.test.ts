import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { type Entry, exampleEntries, expectedFile, ownCorpus, ownEntries, translated } from './corpus.ts'
import { knownDifferences } from './known-differences.ts'
import { differences, normalForm, type Sent } from './normal-form.ts'
import { sdkPython, sdkVersions, type SdkVersion } from './sdk-python.ts'

/**
 * Each file goes through the unmodified SDK, oldest and newest, whose requests are recorded below it, and through our translation.
 * Ours has to be what the oldest sends; where the oldest cannot load the file, or a newer one says it differently, what the newest sends.
 */
const minute = 60_000

test('our own corpus, which covers every form', { timeout: 10 * minute }, async () => {
  const entries = ownEntries()
  const compared = await compare(entries, ownCorpus)
  report('own corpus', compared)
  expect(compared.surprises).toEqual([])
  if (process.env['FULCRUM_UPDATE_EXPECTED'] === undefined) return
  for (const [entry, form] of compared.equal) {
    await mkdir(dirname(expectedFile(entry)), { recursive: true })
    await writeFile(expectedFile(entry), `${JSON.stringify(form, null, 1)}\n`)
  }
})

const examples = process.env['FULCRUM_AZUREML_EXAMPLES']
if (examples === undefined)
  process.stderr.write(
    'SKIPPED: set FULCRUM_AZUREML_EXAMPLES to a work tree of Azure/azureml-examples to compare its YAML, too.\n',
  )

test.skipIf(examples === undefined)('the examples of Azure ML', { timeout: 30 * minute }, async () => {
  const root = examples ?? ''
  const compared = await compare(exampleEntries(root), join(root, 'cli'))
  report('azureml-examples', compared)
  expect(compared.surprises).toEqual([])
})

interface Compared {
  readonly total: number
  readonly equal: ReadonlyMap<Entry, unknown>
  /** Files that no version could load or send. */
  readonly unsent: number
  /** Files that differ and are not known to, or are known to and do not. */
  readonly surprises: readonly string[]
}

async function compare(entries: readonly Entry[], root: string): Promise<Compared> {
  const recorded = await Promise.all(sdkVersions.map(async (version) => record(version, entries)))
  const equal = new Map<Entry, unknown>()
  const surprises: string[] = []
  let unsent = 0
  for (const entry of entries) {
    const sent = recorded.flatMap((found) => found.get(entry.file) ?? [])
    if (sent.length === 0) {
      unsent += 1
      continue
    }
    const difference = await differenceOf(entry, sent)
    const name = relative(root, entry.file)
    if (difference === undefined) equal.set(entry, await translated(entry))
    if ((difference !== undefined) !== name in knownDifferences)
      surprises.push(`${name}: ${difference ?? 'is equal, but on the list of known differences'}`)
  }
  return { total: entries.length - unsent, equal, unsent, surprises }
}

async function differenceOf(entry: Entry, sent: readonly Recorded[]): Promise<string | undefined> {
  const ours = await translated(entry).catch((error: unknown) => String(error))
  if (typeof ours === 'string') return ours
  const all = sent.map((theirs) => differences(comparable(ours, theirs), normalForm(theirs)))
  return all.some((lines) => lines.length === 0) ? undefined : all[0]?.slice(0, 5).join('; ')
}

/** A workspace that is there is updated, which cannot change where it is or how it is encrypted. */
function comparable(ours: unknown, theirs: Recorded): unknown {
  if (theirs.method !== 'PATCH' || theirs.family !== 'workspace') return ours
  const { location: _location, properties, ...rest } = ours as { location?: string; properties: Record<string, unknown> }
  const { hbiWorkspace: _hbiWorkspace, ...changeable } = properties
  return { ...rest, properties: changeable }
}

interface Recorded extends Sent {
  readonly file: string
  readonly family: string
  readonly method: string
}

/** What a version of the SDK sends for each file that it can load. */
async function record(version: SdkVersion, entries: readonly Entry[]): Promise<Map<string, Recorded>> {
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-sdk-'))
  try {
    const output = join(directory, 'sent.jsonl')
    const python = spawn(await sdkPython(version), [join(import.meta.dirname, 'record_sdk.py'), output], {
      stdio: ['pipe', 'inherit', 'inherit'],
    })
    python.stdin.end(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    const code = await new Promise<number | null>((resolve) => python.on('close', resolve))
    expect(code).toBe(0)
    const lines = (await readFile(output, 'utf8')).trim().split('\n')
    const found = lines.map((line) => JSON.parse(line) as Recorded)
    return new Map(found.filter((entry) => entry.body !== undefined).map((entry) => [entry.file, entry]))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function report(name: string, { equal, total, unsent }: Compared): void {
  process.stdout.write(
    `${name}: ${equal.size} of ${total} bodies equal the SDK's (${unsent} files that no SDK can load or send)\n`,
  )
}
