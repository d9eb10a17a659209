import { isAppError } from '@fulcrum/contract'
import type { Call, Handlers } from '../commands/command.ts'
import { componentEntity, dataEntity, environmentEntity, modelEntity } from '../entities/assets.ts'
import { isWire, part, type Entity, type Wire } from '../entities/translate.ts'
import { AzFailure, exits, notSupported, usage } from '../failure.ts'
import { downloadTo, filesOfModel } from './download.ts'
import { collect, given, put, setArchived, translate, update, viewOf } from './resource.ts'

type Noun = 'data' | 'environment' | 'component' | 'model'
const collections = { data: 'data', environment: 'environments', component: 'components', model: 'models' } as const

/** An environment's conda file is printed as the mapping it holds. */
async function shown(noun: Noun, wire: Wire): Promise<Entity> {
  if (noun === 'data') return dataEntity(wire)
  if (noun === 'component') return componentEntity(wire)
  if (noun === 'model') return modelEntity(wire)
  const entity = environmentEntity(wire)
  const conda = entity['conda_file']
  if (typeof conda !== 'string') return entity
  return { ...entity, conda_file: (await import('../output/yaml.ts')).parseYaml(conda) }
}

const flags: Readonly<Record<Noun, (call: Call) => Record<string, unknown>>> = {
  data: ({ values }) => ({
    type: values.text('type'),
    path: remotePath(values.text('path')),
    description: values.text('description'),
  }),
  environment: ({ values }) => {
    const context = values.text('build-context')
    const dockerfile = values.text('dockerfile-path')
    return {
      image: values.text('image'),
      conda_file: remotePath(values.text('conda-file')),
      build:
        context === undefined
          ? undefined
          : { path: remotePath(context), ...(dockerfile === undefined ? {} : { dockerfile_path: dockerfile }) },
      description: values.text('description'),
      os_type: values.text('os-type'),
      tags: values.pairs('tags'),
    }
  },
  component: () => ({}),
  model: ({ values }) => ({
    type: values.text('type'),
    path: remotePath(values.text('path')),
    description: values.text('description'),
    stage: values.text('stage'),
    tags: values.pairs('tags'),
  }),
}

/** Paths in flags are relative to the current folder, those in a file to the file: a flag's path is made whole. */
function remotePath(path: string | undefined): string | undefined {
  if (path === undefined || path.startsWith('/') || /^[a-z]+:/i.test(path)) return path
  return `${process.cwd()}/${path}`
}

async function containerId(call: Call, noun: Noun): Promise<string> {
  const place = await call.place()
  return `${await place.assetHome()}/${collections[noun]}/${encodeURIComponent(call.values.need('name'))}`
}

/** The version that `--version` or `--label` names. @throws when neither is given, unless the newest is meant by default */
async function versionId(call: Call, noun: Noun, byDefault?: 'latest'): Promise<string> {
  const { values } = call
  const container = await containerId(call, noun)
  const version = values.text('version')
  if (version !== undefined && values.has('label')) throw usage('Cannot specify both version and label.')
  if (version !== undefined) return `${container}/versions/${encodeURIComponent(version)}`
  const label = values.text('label') ?? byDefault
  if (label === undefined) throw new AzFailure('Must provide either version or label.')
  if (!['latest', 'default'].includes(label))
    throw new AzFailure(`(ResourceNotFound) Label '${label}' is not known; only 'latest' is.`, exits.missing)
  const { client } = await call.place()
  const [newest] = await collect(client, `${container}/versions`, { $orderBy: 'createdtime desc' }, { most: 1 })
  if (newest !== undefined) return newest.id
  throw new AzFailure(`(ResourceNotFound) There is no version of '${values.need('name')}'.`, exits.missing)
}

/** The version that was named, or the container of all versions when none was. */
async function targetId(call: Call, noun: Noun): Promise<string> {
  const isNamed = call.values.has('version') || call.values.has('label')
  return isNamed ? versionId(call, noun) : containerId(call, noun)
}

async function list(call: Call, noun: Noun): Promise<Entity[]> {
  const { values } = call
  const { client, assetHome } = await call.place()
  const name = values.text('name')
  const base = `${await assetHome()}/${collections[noun]}`
  const path = name === undefined ? base : `${base}/${encodeURIComponent(name)}/versions`
  const stage = values.text('stage')
  const found = await collect(client, path, { listViewType: viewOf(call), stage }, { most: values.number('max-results') })
  return Promise.all(found.map((wire) => shown(noun, wire)))
}

async function create(call: Call, noun: Noun): Promise<Entity> {
  const { values } = call
  const { assetHome } = await call.place()
  if (!['file', 'name'].some((name) => values.has(name)))
    throw usage('the following arguments are required: --file/-f or --name/-n')
  const overrides = given({ name: values.text('name'), version: values.text('version'), ...flags[noun](call) })
  const loaded = await translate(call, noun, await assetHome(), overrides)
  return shown(noun, await put(call, loaded.id, loaded.body))
}

/** Copies a version from the workspace into a registry, under a name and version of its own. */
async function share(call: Call, noun: Noun): Promise<Entity> {
  const { values } = call
  const place = await call.place()
  const workspaceId = await place.workspaceId()
  const [name, version] = [values.need('name'), values.need('version')]
  const [toName, toVersion] = [values.need('share-with-name'), values.need('share-with-version')]
  const collection = collections[noun]
  const [workspace, registry] = await Promise.all([place.client.get(workspaceId), place.registryId(values.need('registry-name'))])
  const target = `${registry}/${collection}/${encodeURIComponent(toName)}/versions/${encodeURIComponent(toVersion)}`
  await place.client.get(`${workspaceId}/${collection}/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`)
  await refuseExisting(call, target, `${toName}:${toVersion}`)
  const location = workspace.location ?? 'local'
  await place.client.post(`${registry}/import`, {
    properties: {
      referenceType: 'Id',
      destinationName: toName,
      destinationVersion: toVersion,
      sourceAssetId: `azureml://locations/${location}/workspaces/${String(workspace.properties['workspaceId'])}/${collection}/${name}/versions/${version}`,
    },
  })
  return shown(noun, await place.client.get<Wire>(target))
}

async function refuseExisting(call: Call, id: string, name: string): Promise<void> {
  const { client } = await call.place()
  const found = await client.get(id).catch((error: unknown) => {
    if (isAppError(error) && error.status === 404) return undefined
    throw error
  })
  if (found !== undefined) throw new AzFailure(`(ResourceAlreadyExists) '${name}' is in the registry already.`)
}

async function updateAsset(call: Call, noun: Noun): Promise<Entity> {
  const { values } = call
  const { assetHome, client } = await call.place()
  const id = await targetId(call, noun)
  const changes = given({ stage: values.text('stage') })
  if (/\/versions\//.test(id)) {
    // The entity is made before it is edited, so that a conda file is a mapping in both translations.
    const wire = await update(call, { family: noun, id, home: await assetHome(), dump: dumps[noun], changes })
    return shown(noun, wire)
  }
  const { edit } = await import('./edits.ts')
  const current = await client.get<Wire>(id)
  const properties = part(current['properties'])
  const edited = edit(
    { description: properties['description'], tags: properties['tags'], properties: properties['properties'] },
    values,
  )
  return shown(noun, await client.put<Wire>(id, { properties: { ...properties, ...edited } }))
}

const dumps: Readonly<Record<Noun, (wire: Wire) => Entity>> = {
  data: dataEntity,
  environment: environmentEntity,
  component: componentEntity,
  model: modelEntity,
}

const refusals: Readonly<Record<string, () => Promise<never>>> = {
  package: async () => {
    throw notSupported(
      'Packaging a model into a container image is not offered.',
      'Deploy the model itself: its environment is made when the deployment is.',
    )
  },
  mount: async () => {
    throw notSupported(
      'Mounting into the folders of this computer is not offered.',
      "Copy files with 'az ml model download' or 'az ml job download'.",
    )
  },
  import: async () => {
    throw notSupported('Importing data from databases is not offered.')
  },
  'list-materialization-status': async () => {
    throw notSupported('Importing data from databases is not offered.')
  },
  'prepare-for-sign': async () => {
    throw notSupported('Signing of components is not offered.')
  },
}

/** Verbs of an asset with versions. */
export function assetVerbsOf(noun: Noun): Handlers {
  return {
    create: (call) => create(call, noun),
    list: (call) => list(call, noun),
    async show(call) {
      const { client } = await call.place()
      const id = await versionId(call, noun, noun === 'component' ? 'latest' : undefined)
      return shown(noun, await client.get<Wire>(id))
    },
    update: (call) => updateAsset(call, noun),
    archive: async (call) => setArchived(call, await targetId(call, noun), true),
    restore: async (call) => setArchived(call, await targetId(call, noun), false),
    share: (call) => share(call, noun),
    async download(call) {
      const { client } = await call.place()
      const wire = await client.get<Wire>(await versionId(call, noun))
      if (!isWire(wire['properties'])) return undefined
      const target = `${call.values.text('download-path') ?? '.'}/${call.values.need('name')}`
      await downloadTo(call, filesOfModel(client, wire), target)
      return undefined
    },
    ...refusals,
  }
}
