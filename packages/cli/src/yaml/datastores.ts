import type { WireResource } from './assets.ts'
import { as, choice, mapping, needed, raw, type Rule, type Run, type Shape, text, texts, translate, unsent } from './shape.ts'
import { compact } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

const account: Shape = {
  account_name: needed(text),
  endpoint: text,
  protocol: choice(['https', 'http', 'wasb', 'wasbs', 'abfs', 'abfss']),
}

const kinds: Readonly<Record<string, { readonly wire: string; readonly shape: Shape }>> = {
  azure_blob: { wire: 'AzureBlob', shape: { ...account, container_name: needed(text) } },
  azure_file: { wire: 'AzureFile', shape: { ...account, file_share_name: needed(text) } },
  azure_data_lake_gen1: { wire: 'AzureDataLakeGen1', shape: { store_name: needed(text) } },
  azure_data_lake_gen2: { wire: 'AzureDataLakeGen2', shape: { ...account, filesystem: needed(text) } },
  one_lake: {
    wire: 'OneLake',
    shape: {
      one_lake_workspace_name: needed(text),
      endpoint: text,
      artifact: mapping({ name: as('artifactName', text), type: as('artifactType', () => 'LakeHouse') }),
    },
  },
  hdfs: { wire: 'Hdfs', shape: { name_node_address: text, protocol: text, hdfs_server_certificate: text } },
}

export async function datastore(node: YamlNode, run: Run): Promise<WireResource> {
  const kind = kinds[node.need('type').oneOf(Object.keys(kinds))]
  if (kind === undefined) throw node.need('type').fail('this type of datastore is not known.')
  const shape: Shape = {
    name: unsent,
    type: unsent,
    id: unsent,
    description: text,
    tags: texts,
    properties: raw,
    ...kind.shape,
    credentials,
  }
  const members = await translate(node, shape, run)
  const hasAccount = 'account_name' in kind.shape
  return {
    id: `${run.assets.workspaceId}/datastores/${node.need('name').text()}`,
    body: {
      properties: compact({
        datastoreType: kind.wire,
        credentials: { credentialsType: 'None' },
        tags: {},
        ...(hasAccount ? { endpoint: 'core.windows.net', protocol: 'https' } : {}),
        ...members,
      }),
    },
  }
}

/** Which secrets there are says which credentials they are. */
const credentials: Rule = async (node, run) => {
  const has = (key: string): boolean => node.get(key) !== undefined
  if (has('account_key')) return secretOf(node, run, 'AccountKey', { account_key: as('key', text) })
  if (has('sas_token')) return secretOf(node, run, 'Sas', { sas_token: text })
  if (has('client_id') || has('tenant_id')) {
    const certificate = has('certificate') || has('thumbprint')
    const secrets: Shape = certificate ? { certificate: text } : { client_secret: text }
    const shape: Shape = { tenant_id: text, client_id: text, authority_url: text, resource_url: text, thumbprint: text }
    const type = certificate ? 'Certificate' : 'ServicePrincipal'
    const open = await translate(node, { ...shape, ...Object.fromEntries(Object.keys(secrets).map((key) => [key, unsent])) }, run)
    const hidden = await translate(
      node,
      { ...Object.fromEntries(Object.keys(shape).map((key) => [key, unsent])), ...secrets },
      run,
    )
    return {
      authorityUrl: 'https://login.microsoftonline.com',
      ...open,
      credentialsType: type,
      secrets: { secretsType: type, ...hidden },
    }
  }
  node.only([])
  return { credentialsType: 'None' }
}

async function secretOf(node: YamlNode, run: Run, type: string, shape: Shape): Promise<unknown> {
  return { credentialsType: type, secrets: { secretsType: type, ...(await translate(node, shape, run)) } }
}
