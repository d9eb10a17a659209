import { longUri, type WireResource } from './assets.ts'
import {
  as,
  boolean,
  choice,
  listOf,
  mapOf,
  mapping,
  raw,
  type Run,
  type Shape,
  text,
  texts,
  translate,
  unsent,
} from './shape.ts'
import { compact } from './values.ts'
import { workspace } from './workspaces.ts'
import { YamlNode } from './yaml-node.ts'

/** The feature store: sets, entities, and the store, which is a workspace. */

const shared: Shape = {
  name: unsent,
  version: unsent,
  id: unsent,
  description: text,
  tags: texts,
  properties: texts,
  stage: text,
}
const defaults = { isArchived: false, tags: {}, properties: {}, stage: 'Development' }

const materialization = mapping({
  schedule: raw,
  notification: mapping({ email_on: raw, emails: raw }),
  resource: mapping({ instance_type: text }),
  spark_configuration: mapOf((node) => node.text()),
  offline_enabled: boolean,
  online_enabled: boolean,
  store_type: text,
})

export async function featureSet(node: YamlNode, run: Run): Promise<WireResource> {
  const shape: Shape = {
    ...shared,
    entities: listOf(text),
    materialization_settings: materialization,
    specification: async (found, context) => {
      const path = found.need('path')
      return { path: await longUri(path, context) }
    },
  }
  node.need('specification')
  node.need('entities')
  return versioned('featuresets', node, { ...defaults, ...(await translate(node, shape, run)) }, run)
}

export async function featureStoreEntity(node: YamlNode, run: Run): Promise<WireResource> {
  const column = mapping({
    name: as('columnName', text),
    type: as(
      'dataType',
      choice({
        string: 'String',
        integer: 'Integer',
        long: 'Long',
        float: 'Float',
        double: 'Double',
        binary: 'Binary',
        datetime: 'Datetime',
        boolean: 'Boolean',
      }),
    ),
  })
  node.need('index_columns')
  return versioned(
    'featurestoreEntities',
    node,
    { ...defaults, ...(await translate(node, { ...shared, index_columns: listOf(column) }, run)) },
    run,
  )
}

function versioned(collection: string, node: YamlNode, properties: Record<string, unknown>, run: Run): WireResource {
  const place = `${collection}/${node.need('name').text()}/versions/${node.need('version').text()}`
  return { id: `${run.assets.workspaceId}/${place}`, body: { properties } }
}

const storeKeys = ['compute_runtime', 'offline_store', 'online_store', 'materialization_identity']

/** A feature store is a workspace of that kind. */
export async function featureStore(node: YamlNode, run: Run): Promise<WireResource> {
  const rest = Object.fromEntries(Object.entries(node.mapping()).filter(([key]) => !storeKeys.includes(key)))
  const { id, body } = await workspace(new YamlNode(node.file, node.path, rest), run)
  const runtime = node.get('compute_runtime')?.get('spark_runtime_version')?.text()
  const store = (key: string) => node.get(key)?.get('target')?.text()
  const settings = compact({
    computeRuntime: runtime === undefined ? undefined : { sparkRuntimeVersion: runtime },
    offlineStoreConnectionName: store('offline_store'),
    onlineStoreConnectionName: store('online_store'),
  })
  return {
    id,
    body: {
      ...body,
      kind: 'FeatureStore',
      properties: { ...(body['properties'] as Record<string, unknown>), featureStoreSettings: settings },
    },
  }
}
