import type { Area, Members, Variant } from './types.ts'

const make = (name: string, path: string, properties: Members, rest: Partial<Variant> = {}): Variant =>
  ({ name, path, body: { properties }, runs: 'kept', ...rest }) as Variant

/** Computes of other machines are kept, and each job on one ends with the reason. */
const compute = (computeType: string, properties: Members, rest: Partial<Variant> = {}): Variant =>
  make(
    computeType,
    `computes/c-${computeType.toLowerCase()}`,
    {},
    {
      runs: 'refused',
      when: 'compute',
      message: 'runs no jobs',
      ...rest,
      body: { location: 'local', properties: { computeType, ...properties } },
    },
  )
const attached = { resourceId: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v' }

export const computes: Area = {
  title: 'Computes',
  variants: [
    compute(
      'AmlCompute',
      { properties: { vmSize: 'STANDARD_DS3_V2', scaleSettings: { minNodeCount: 0, maxNodeCount: 2 } } },
      {
        runs: 'yes',
        note: 'each node is a share of this host for one job',
        provenBy: 'server/src/domains/jobs/queue/compute-queue.test.ts',
      },
    ),
    compute(
      'ComputeInstance',
      { properties: { vmSize: 'STANDARD_DS3_V2' } },
      {
        runs: 'yes',
        note: 'one job per core of this host; while it is stopped, jobs wait',
        provenBy: 'server/src/domains/jobs/queue/compute-queue.test.ts',
      },
    ),
    compute('Kubernetes', { ...attached, properties: { namespace: 'default' } }),
    compute('VirtualMachine', { ...attached, properties: { sshPort: 22 } }),
    compute('SynapseSpark', { ...attached, properties: { poolName: 'pool' } }),
    compute('AKS', { ...attached, properties: {} }),
    compute('HDInsight', { ...attached, properties: {} }),
    compute('Databricks', { ...attached, properties: {} }),
    compute('DataFactory', { ...attached }),
    compute('DataLakeAnalytics', { ...attached, properties: {} }),
  ],
}

const account = { accountName: 'stoutside', endpoint: 'core.windows.net', protocol: 'https' }
const store = (name: string, properties: Members, rest: Partial<Variant> = {}): Variant =>
  make(
    name,
    `datastores/${name.replace(/\W+/g, '_')}`,
    { credentials: { credentialsType: 'None' }, ...properties },
    { runs: 'refused', when: 'input', message: 'outside this instance', ...rest },
  )
const mirrored = 'is outside this instance, and there is no copy'

export const datastores: Area = {
  title: 'Datastores',
  variants: [
    store(
      'AzureBlob of this instance',
      { datastoreType: 'AzureBlob', containerName: 'lake' },
      {
        runs: 'yes',
        provenBy: 'server/src/domains/storage/storage.test.ts',
        shown: { credentials: { credentialsType: 'Sas' } },
      },
    ),
    store(
      'AzureDataLakeGen2 of this instance',
      { datastoreType: 'AzureDataLakeGen2', filesystem: 'lake2' },
      {
        runs: 'yes',
        provenBy: 'server/src/domains/storage/data-lake.test.ts',
        shown: { credentials: { credentialsType: 'Sas' } },
      },
    ),
    store('AzureBlob elsewhere', { datastoreType: 'AzureBlob', ...account, containerName: 'raw' }, { message: mirrored }),
    store('AzureFile', { datastoreType: 'AzureFile', ...account, fileShareName: 'share' }, { message: mirrored }),
    store(
      'AzureDataLakeGen2 elsewhere',
      { datastoreType: 'AzureDataLakeGen2', ...account, filesystem: 'lake' },
      { message: mirrored },
    ),
    store('AzureDataLakeGen1', { datastoreType: 'AzureDataLakeGen1', storeName: 'oldlake' }),
    store('OneLake', {
      datastoreType: 'OneLake',
      oneLakeWorkspaceName: 'team',
      endpoint: 'onelake.dfs.fabric.microsoft.com',
      artifact: { artifactName: 'house', artifactType: 'LakeHouse' },
    }),
    store('Hdfs', { datastoreType: 'Hdfs', nameNodeAddress: 'hdfs.example:8020', protocol: 'http' }),
  ],
}

const connection = (category: string, authType: string, credentials: Members | undefined, shown: Members = {}): Variant =>
  make(
    `${category} by ${authType}`,
    `connections/${category}-${authType}`.toLowerCase(),
    { category, authType, target: 'https://service.example', ...(credentials === undefined ? {} : { credentials }) },
    { shown: { credentials: shown } },
  )

export const connections: Area = {
  title: 'Connections (secrets are sealed and shown by `listSecrets` alone)',
  variants: [
    connection('Git', 'PAT', { pat: 'secret' }),
    connection('PythonFeed', 'UsernamePassword', { username: 'ana', password: 'secret' }, { username: 'ana' }),
    connection('ContainerRegistry', 'ManagedIdentity', { clientId: 'c', resourceId: 'r' }, { clientId: 'c', resourceId: 'r' }),
    connection(
      'AzureSqlDb',
      'ServicePrincipal',
      { clientId: 'c', tenantId: 't', clientSecret: 'secret' },
      { clientId: 'c', tenantId: 't' },
    ),
    connection('S3', 'AccessKey', { accessKeyId: 'k', secretAccessKey: 'secret' }, { accessKeyId: 'k' }),
    connection('Snowflake', 'UsernamePassword', { username: 'ana', password: 'secret' }, { username: 'ana' }),
    connection('ADLSGen2', 'SAS', { sas: 'secret' }),
    connection('AzureOpenAI', 'ApiKey', { key: 'secret' }),
    connection('CustomKeys', 'CustomKeys', { keys: { a: 'secret' } }),
    connection('Serverless', 'AAD', undefined),
  ],
}

const workspace = (kind: string): Variant => ({
  name: `workspace: ${kind}`,
  path: `providers/Microsoft.MachineLearningServices/workspaces/kind-${kind.toLowerCase()}`,
  below: 'group',
  body: { location: 'local', kind, properties: { friendlyName: `Of kind ${kind}` } },
  runs: 'kept',
})

export const workspaces: Area = {
  title: 'Workspaces and registries',
  variants: [
    { ...workspace('Default'), runs: 'yes', provenBy: 'server/src/domains/workspaces/workspaces.test.ts' },
    workspace('Hub'),
    workspace('Project'),
    {
      name: 'registry',
      path: 'providers/Microsoft.MachineLearningServices/registries/kind-registry',
      below: 'group',
      body: { location: 'local', properties: { regionDetails: [{ location: 'local' }] } },
      runs: 'yes',
      provenBy: 'server/src/domains/registries/registries.test.ts',
    },
  ],
}
