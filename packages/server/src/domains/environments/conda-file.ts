import { invalid } from '@fulcrum/contract'
import { parseYaml } from '../../kernel/safe/index.ts'
import { checkRequirement, type PlacedRequirement } from './requirements-file.ts'

/** A conda package with its place in the file, for messages. */
export interface CondaPackage {
  readonly name: string
  /** As written behind the name. */
  readonly constraint: string
  /** The entry as written. */
  readonly text: string
  /** An error that names the file and the line. */
  readonly fail: (message: string) => Error
}

export interface CondaFile {
  /** `3.11`; absent = any. */
  readonly pythonVersion: string | undefined
  /** Without python and pip. */
  readonly packages: readonly CondaPackage[]
  readonly pipRequirements: readonly PlacedRequirement[]
}

/** @throws InvalidYaml with the place of the first entry that cannot be read */
export function readConda(text: string, name: string): CondaFile {
  const file = `condaFile of '${name}'`
  const parsed = parseYaml(text, { file })
  const fail = (path: readonly PropertyKey[], message: string) =>
    invalid(parsed.messageAt(path, message), { code: 'InvalidYaml', target: 'properties.condaFile' })
  const { value } = parsed
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fail([], 'a conda file is a map with the member dependencies')
  const dependencies: unknown = (value as Record<string, unknown>)['dependencies'] ?? []
  if (!Array.isArray(dependencies)) throw fail(['dependencies'], 'dependencies must be a list')
  let pythonVersion: string | undefined
  const packages: CondaPackage[] = []
  const pipRequirements: PlacedRequirement[] = []
  for (const [index, entry] of dependencies.entries()) {
    const at = ['dependencies', index]
    if (typeof entry !== 'string') {
      const placeOf = (more: readonly PropertyKey[]) => `line ${parsed.positionOf([...at, ...more]).line} of the conda file`
      pipRequirements.push(...readPipList(entry, placeOf, (more, message) => fail([...at, ...more], message)))
      continue
    }
    const found = readPackage(entry, (message) => fail(at, message))
    const condaName = found.name.toLowerCase()
    if (condaName === 'python') pythonVersion = /^(?:={1,2}|~=|>=)?\s*(3\.\d+)/.exec(found.constraint)?.[1] ?? pythonVersion
    else if (condaName !== 'pip') packages.push(found)
  }
  return { pythonVersion, packages, pipRequirements }
}

function readPackage(entry: string, fail: (message: string) => Error): CondaPackage {
  const [, name, constraint = ''] = /^(?:[^:\s]+::)?([A-Za-z0-9_.-]+)\s*(.*)$/.exec(entry.trim()) ?? []
  if (name === undefined) throw fail(`'${entry}' is no conda package`)
  return { name, constraint, text: entry.trim(), fail }
}

function readPipList(
  entry: unknown,
  placeOf: (path: readonly PropertyKey[]) => string,
  fail: (path: readonly PropertyKey[], message: string) => Error,
): PlacedRequirement[] {
  const list: unknown = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)['pip'] : undefined
  if (!Array.isArray(list)) throw fail([], 'an entry is a package name or a map with the member pip')
  return list.map((requirement: unknown, index) => {
    if (typeof requirement !== 'string' || requirement.trim() === '') throw fail(['pip', index], 'a pip requirement is a text')
    const text = requirement.trim()
    checkRequirement(text, (problem) => fail(['pip', index], problem))
    return { text, place: placeOf(['pip', index]) }
  })
}
