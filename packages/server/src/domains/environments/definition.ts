import { createHash } from 'node:crypto'
import { invalid, notSupported } from '@fulcrum/contract'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import { parseYaml } from '../../kernel/safe/index.ts'

/** What an environment comes down to here: a Python and pip requirements. */
export interface EnvironmentDefinition {
  /** `3.11`; absent = the host's Python. */
  readonly pythonVersion?: string
  readonly pipRequirements: readonly string[]
}

/**
 * Images that stand for a known set of packages. A local compute runs no containers, so an image alone is understood only when it
 * is one of these: names without registry and tag. Base images without frameworks mean "Python and nothing else".
 */
export const curatedImages: readonly { readonly pattern: RegExp; readonly pipRequirements: readonly string[] }[] = [
  {
    pattern: /^(?:azureml\/)?curated\/sklearn-(\d+\.\d+)/i,
    pipRequirements: ['scikit-learn', 'pandas', 'numpy', 'mlflow-skinny'],
  },
  {
    pattern: /^(?:azureml\/)?curated\/lightgbm-/i,
    pipRequirements: ['lightgbm', 'scikit-learn', 'pandas', 'numpy', 'mlflow-skinny'],
  },
  { pattern: /^(?:azureml\/)?(?:openmpi|minimal-|inference|mlflow-ubuntu)/i, pipRequirements: [] },
  { pattern: /^python$/i, pipRequirements: [] },
]

/**
 * Reads an environment version's properties.
 * @throws NotSupported a container build, an unknown image, or a conda package other than python and pip · InvalidYaml
 */
export function readDefinition(properties: Readonly<Record<string, unknown>>, name: string): EnvironmentDefinition {
  const { condaFile, image, build } = properties
  if (typeof condaFile === 'string' && condaFile.trim() !== '') return readConda(condaFile, name)
  if (typeof build === 'object' && build !== null) {
    throw notSupported(
      `Environment '${name}' builds a container image, which a local compute`,
      'Give it a condaFile with python, pip and pip requirements instead.',
    )
  }
  if (typeof image === 'string' && image !== '') return readImage(image, name)
  throw invalid(`Environment '${name}' has neither a condaFile nor an image.`, { target: 'properties.condaFile' })
}

function readImage(image: string, name: string): EnvironmentDefinition {
  const withoutTag = image.replace(/@sha256:[0-9a-f]+$/i, '').replace(/:([^:/]*)$/, '')
  const tag = /:([^:/]*)$/.exec(image)?.[1]
  const path = withoutTag.includes('.') && withoutTag.includes('/') ? withoutTag.slice(withoutTag.indexOf('/') + 1) : withoutTag
  const known = curatedImages.find((entry) => entry.pattern.test(path))
  if (known === undefined) {
    throw notSupported(
      `The image '${image}' of environment '${name}'`,
      'A local compute runs processes, not containers. Add a condaFile that lists the pip requirements of the image (python and pip as the only conda packages).',
    )
  }
  const python = path.toLowerCase() === 'python' ? /^3\.\d+/.exec(tag ?? '')?.[0] : undefined
  return { pipRequirements: known.pipRequirements, ...(python === undefined ? {} : { pythonVersion: python }) }
}

function readConda(text: string, name: string): EnvironmentDefinition {
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
  const pipRequirements: string[] = []
  for (const [index, entry] of dependencies.entries()) {
    const at = ['dependencies', index]
    if (typeof entry === 'string') pythonVersion = readCondaEntry(entry, (message) => fail(at, message)) ?? pythonVersion
    else pipRequirements.push(...readPipList(entry, (more, message) => fail([...at, ...more], message)))
  }
  return { pipRequirements, ...(pythonVersion === undefined ? {} : { pythonVersion }) }
}

/** @returns the Python version when the entry asks for one */
function readCondaEntry(entry: string, fail: (message: string) => Error): string | undefined {
  const [, channel, name = '', constraint = ''] = /^(?:([^:\s]+)::)?([A-Za-z0-9_.-]+)\s*(.*)$/.exec(entry.trim()) ?? []
  if (channel === undefined && name.toLowerCase() === 'pip') return undefined
  if (name.toLowerCase() !== 'python') {
    throw fail(`the conda package '${entry}' is not supported; only python and pip are. If it is on PyPI, list it under pip`)
  }
  return /^(?:={1,2}|~=|>=)?\s*(3\.\d+)/.exec(constraint)?.[1]
}

function readPipList(entry: unknown, fail: (path: readonly PropertyKey[], message: string) => Error): string[] {
  const list: unknown = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)['pip'] : undefined
  if (!Array.isArray(list)) throw fail([], 'an entry is a package name or a map with the member pip')
  return list.map((requirement: unknown, index) => {
    if (typeof requirement !== 'string' || requirement.trim() === '') throw fail(['pip', index], 'a pip requirement is a text')
    const text = requirement.trim()
    if (text.startsWith('-')) throw fail(['pip', index], `the pip option '${text}' is not supported; list requirements only`)
    if (/^(?:\.{0,2}\/|file:)/i.test(text))
      throw fail(
        ['pip', index],
        `the local path '${text}' is not supported; publish it as a package or put it into the job's code`,
      )
    return text
  })
}

/** The key under which builds of the same definition are one build. */
export function definitionHash(definition: EnvironmentDefinition, wheelDirectories: readonly string[]): string {
  const requirements = [...new Set(definition.pipRequirements)].sort()
  return createHash('sha256')
    .update(canonicalJson({ requirements, python: definition.pythonVersion ?? null, wheels: [...wheelDirectories] }))
    .digest('hex')
}
