import { at, lower, part, snake, table, withValues, type Wire } from './translate.ts'

/** @see azure.ai.ml._schema._datastore */
export const datastoreEntity = table({
  name: 'name',
  id: 'id',
  type: at('properties.datastoreType', datastoreType),
  account_name: 'properties.accountName',
  container_name: 'properties.containerName',
  file_share_name: 'properties.fileShareName',
  filesystem: 'properties.filesystem',
  store_name: 'properties.storeName',
  endpoint: 'properties.endpoint',
  protocol: 'properties.protocol',
  description: 'properties.description',
  tags: 'properties.tags',
  credentials: at('properties.credentials', (value) => credentials(part(value))),
})

function datastoreType(value: unknown): string {
  return lower(value).startsWith('azuredatalakegen') ? `azure_data_lake_gen${String(value).slice(-1)}` : snake(value)
}

/** What may be shown of credentials: never a secret. */
function credentials(value: Wire): unknown {
  return withValues([
    ['tenant_id', value['tenantId']],
    ['client_id', value['clientId']],
    ['thumbprint', value['thumbprint']],
    ['authority_url', value['authorityUrl']],
    ['resource_url', value['resourceUrl']],
  ])
}
