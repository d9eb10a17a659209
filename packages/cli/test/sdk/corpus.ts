import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseDocument } from 'yaml'
import { type Family, loadResource } from '../../src/yaml/load-resource.ts'
import { MemoryAssets } from './memory-assets.ts'
import { normalForm } from './normal-form.ts'

/** A file to translate, with what flags add to it. */
export interface Entry {
  readonly family: Family
  readonly file: string
  readonly overrides?: Readonly<Record<string, string>>
}

export const ownCorpus = join(import.meta.dirname, '..', 'yaml-corpus')

/** Our own files: the folder says the family. */
export function ownEntries(): Entry[] {
  return readdirSync(ownCorpus)
    .filter((folder) => folder !== 'files' && folder !== 'expected')
    .flatMap((folder) =>
      readdirSync(join(ownCorpus, folder)).map((name) => ({ family: folder as Family, file: join(ownCorpus, folder, name) })),
    )
    .toSorted((left, right) => (left.file < right.file ? -1 : 1))
}

const bySchema: Readonly<Record<string, Family>> = {
  pipelinejob: 'job',
  commandjob: 'job',
  automljob: 'job',
  sparkjob: 'job',
  sweepjob: 'job',
  commandcomponent: 'component',
  sparkcomponent: 'component',
  pipelinecomponent: 'component',
  parallelcomponent: 'component',
  managedonlinedeployment: 'online-deployment',
  kubernetesonlinedeployment: 'online-deployment',
  managedonlineendpoint: 'online-endpoint',
  kubernetesonlineendpoint: 'online-endpoint',
  data: 'data',
  model: 'model',
  environment: 'environment',
  batchdeployment: 'batch-deployment',
  modelbatchdeployment: 'batch-deployment',
  pipelinecomponentbatchdeployment: 'batch-deployment',
  batchendpoint: 'batch-endpoint',
  schedule: 'schedule',
  amlcompute: 'compute',
  computeinstance: 'compute',
  vmcompute: 'compute',
  workspace: 'workspace',
  connection: 'connection',
  workspaceconnection: 'connection',
  azureblob: 'datastore',
  azurefile: 'datastore',
  azuredatalakegen1: 'datastore',
  azuredatalakegen2: 'datastore',
}
const jobTypes = new Set(['pipeline', 'command', 'sweep', 'automl', 'spark', 'finetuning', 'distillation'])

/** The files of the examples repository. Scripts there name the verb; here the `$schema`, else the structure, stands for it. */
export function exampleEntries(root: string): Entry[] {
  return filesBelow(join(root, 'cli')).flatMap((file) => {
    const value = readYaml(file)
    const family = value === undefined ? undefined : familyOf(value, file)
    if (value === undefined || family === undefined) return []
    const needsEndpoint = family.endsWith('deployment') && value['endpoint_name'] === undefined
    return [{ family, file, ...(needsEndpoint ? { overrides: { endpoint_name: 'the-endpoint' } } : {}) }]
  })
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

function readYaml(file: string): Record<string, unknown> | undefined {
  const document = parseDocument(readFileSync(file, 'utf8'), { version: '1.1', logLevel: 'silent' })
  const value: unknown = document.errors.length > 0 ? undefined : document.toJS()
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
}

function familyOf(value: Readonly<Record<string, unknown>>, file: string): Family | undefined {
  const schema = typeof value['$schema'] === 'string' ? value['$schema'] : ''
  if (schema !== '')
    return bySchema[
      basename(schema)
        .toLowerCase()
        .replace(/(\.schema)?\.json$/, '')
    ]
  if ('channels' in value || 'dependencies' in value) return undefined
  if ('replication_locations' in value) return 'registry'
  if ('target' in value && 'credentials' in value) return 'connection'
  const type = typeof value['type'] === 'string' ? value['type'].toLowerCase() : ''
  if (type === 'synapsespark') return 'compute'
  if ('managed_network' in value || file.includes('/workspace/')) return 'workspace'
  return 'command' in value || 'jobs' in value || jobTypes.has(type) ? 'job' : undefined
}

/** Our translation of a file, in normal form. */
export async function translated({ family, file, overrides }: Entry): Promise<unknown> {
  const assets = new MemoryAssets()
  const { id, body } = await loadResource(family, file, assets, { overrides, experimentName: basename(dirname(file)) })
  return normalForm({ path: id, body, puts: assets.puts, uploads: assets.uploads })
}

/** Where the form that the SDK gave a file of our own is kept. */
export function expectedFile({ family, file }: Entry): string {
  return join(ownCorpus, 'expected', family, basename(file).replace(/\.yml$/, '.json'))
}
