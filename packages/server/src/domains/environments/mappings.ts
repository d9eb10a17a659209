import { join } from 'node:path'
import { environmentMappingKind, type EnvironmentMapping } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'
import { parseYaml, readText } from '../../kernel/safe/index.ts'
import { listResources } from '../../kernel/resources/index.ts'
import { pythonPath } from '../../paths.ts'

/** What stands for an environment, an image or a package on this host. */
export interface Mapping {
  /** Canonical subjects, see {@link subjectOf}, with `*` as a wildcard. */
  readonly match: readonly string[]
  readonly pythonVersion: string | undefined
  readonly requirements: readonly string[]
  /** `shipped`, or the name of the operator's mapping. */
  readonly source: string
}

const defaultsPath = join(pythonPath, 'curated_environments.yml')
let shipped: Promise<readonly Mapping[]> | undefined

/** The operator's mappings, newest first, then the shipped ones. */
export async function readMappings(db: Executor, subscriptionId: string): Promise<readonly Mapping[]> {
  const own = await listResources(db, {
    type: environmentMappingKind.type,
    withinId: `/subscriptions/${subscriptionId}`,
    order: 'newest',
    limit: 1_000,
  })
  shipped ??= readShipped()
  return [
    ...own.map(({ name, properties }): Mapping => {
      const { match, pythonVersion, requirements } = properties as unknown as EnvironmentMapping
      return { match: [subjectOf(match)], pythonVersion: pythonVersion ?? undefined, requirements, source: name }
    }),
    ...(await shipped),
  ]
}

async function readShipped(): Promise<readonly Mapping[]> {
  const { value } = parseYaml(await readText(defaultsPath, 1024 * 1024), { file: 'curated_environments.yml' })
  const { environments } = value as { environments: { match: string[]; requirements: string[]; python?: string }[] }
  return environments.map(({ match, requirements, python }) => ({
    match: match.map(subjectOf),
    requirements,
    pythonVersion: python,
    source: 'shipped',
  }))
}

/**
 * The one name of what a mapping is about: `curated:<name>` for Azure's curated environments in all their spellings, `image:<path>`
 * without host and tag, `environment:<name>`, `package:<requirement>`.
 */
export function subjectOf(text: string): string {
  const [, registry, shared] = /^azureml:\/\/registries\/([^/]+)\/environments\/([^/]+)/i.exec(text) ?? []
  if (shared !== undefined)
    return (registry?.toLowerCase() === 'azureml' ? `curated:${shared}` : `registry:${registry}/${shared}`).toLowerCase()
  const curated = /^(?:azureml:)?AzureML-([^:@]+)/i.exec(text)?.[1]
  if (curated !== undefined) return `curated:${curated}`.toLowerCase()
  const [, kind, rest] = /^(curated|image|environment|package|registry):(?!\/\/)(.+)$/i.exec(text.trim()) ?? []
  if (kind?.toLowerCase() === 'image') return imageSubject(rest ?? '')
  if (kind !== undefined && rest !== undefined)
    return `${kind.toLowerCase()}:${kind.toLowerCase() === 'package' ? squeezed(rest) : rest.toLowerCase()}`
  if (text.includes('/')) return imageSubject(text)
  return /[=<>~!]/.test(text) ? `package:${squeezed(text)}` : `environment:${text.toLowerCase()}`
}

function squeezed(requirement: string): string {
  return requirement.replaceAll(/\s+/g, '').toLowerCase()
}

/** `mcr.microsoft.com/azureml/curated/sklearn-1.5:12` → `curated:sklearn-1.5`; `docker.io/library/python:3.11` → `image:python`. */
function imageSubject(image: string): string {
  const path = image
    .toLowerCase()
    .replace(/@sha256:[0-9a-f]+$/, '')
    .replace(/:[^:/]*$/, '')
    .replace(/^[^/]*[.:][^/]*\//, '')
    .replace(/^library\//, '')
  const curated = /^azureml\/curated\/(.+)$/.exec(path)?.[1]
  return curated === undefined ? `image:${path}` : `curated:${curated}`
}

export function findMapping(mappings: readonly Mapping[], subject: string): Mapping | undefined {
  return mappings.find(({ match }) => match.some((pattern) => matches(pattern, subject.toLowerCase())))
}

function matches(pattern: string, subject: string): boolean {
  if (!pattern.includes('*')) return pattern === subject
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop() ?? ''
  if (!subject.startsWith(first) || !subject.endsWith(last) || subject.length < first.length + last.length) return false
  // Greedy from the left, so that no pattern takes longer than the subject is long.
  let at = first.length
  for (const part of rest) {
    const found = subject.indexOf(part, at)
    if (found < 0 || found + part.length > subject.length - last.length) return false
    at = found + part.length
  }
  return true
}
