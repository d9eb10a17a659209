/** Where the resources of a noun are, as data: the argument parser is built from it without loading anything else. */
export interface Noun {
  readonly name: string
  readonly summary: string
  /** What ids start with. `delivery` is the group that holds releases: `-g`, else the one tagged `shrd`. */
  readonly place: 'workspace' | 'resourceGroup' | 'subscription' | 'delivery' | 'endpoint' | 'batchEndpoint'
  /** Path of the collection below the place. */
  readonly collection: string
  readonly versioned?: boolean
  readonly verbs: readonly ('list' | 'show' | 'create' | 'delete')[]
  /** Lists the whole subscription when no resource group is given. */
  readonly listedBySubscription?: boolean
}

const machineLearning = 'providers/Microsoft.MachineLearningServices'
const every = ['list', 'show', 'create', 'delete'] as const

export const nouns: readonly Noun[] = [
  {
    name: 'workspace',
    summary: 'workspaces',
    place: 'resourceGroup',
    collection: `${machineLearning}/workspaces`,
    verbs: every,
    listedBySubscription: true,
  },
  {
    name: 'registry',
    summary: 'registries, which share models between workspaces',
    place: 'resourceGroup',
    collection: `${machineLearning}/registries`,
    verbs: every,
    listedBySubscription: true,
  },
  {
    name: 'data',
    summary: 'data assets and their versions',
    place: 'workspace',
    collection: 'data',
    versioned: true,
    verbs: every,
  },
  {
    name: 'environment',
    summary: 'Python environments and their versions',
    place: 'workspace',
    collection: 'environments',
    versioned: true,
    verbs: every,
  },
  {
    name: 'model',
    summary: 'models and their versions',
    place: 'workspace',
    collection: 'models',
    versioned: true,
    verbs: every,
  },
  {
    name: 'component',
    summary: 'components of pipelines and their versions',
    place: 'workspace',
    collection: 'components',
    versioned: true,
    verbs: every,
  },
  { name: 'endpoint', summary: 'online endpoints', place: 'workspace', collection: 'onlineEndpoints', verbs: every },
  {
    name: 'deployment',
    summary: 'deployments of an online endpoint',
    place: 'endpoint',
    collection: 'deployments',
    verbs: every,
  },
  { name: 'batch-endpoint', summary: 'batch endpoints', place: 'workspace', collection: 'batchEndpoints', verbs: every },
  {
    name: 'batch-deployment',
    summary: 'deployments of a batch endpoint',
    place: 'batchEndpoint',
    collection: 'deployments',
    verbs: every,
  },
  { name: 'schedule', summary: 'schedules of jobs and monitors', place: 'workspace', collection: 'schedules', verbs: every },
  { name: 'compute', summary: 'compute targets', place: 'workspace', collection: 'computes', verbs: every },
  { name: 'datastore', summary: 'datastores', place: 'workspace', collection: 'datastores', verbs: every },
  {
    name: 'release',
    summary: 'releases of model versions',
    place: 'delivery',
    collection: 'providers/Fulcrum.Delivery/releases',
    verbs: ['list', 'show', 'create'],
  },
  {
    name: 'gate',
    summary: 'gates between environments',
    place: 'delivery',
    collection: 'providers/Fulcrum.Delivery/gates',
    verbs: every,
  },
  {
    name: 'role',
    summary: 'role definitions',
    place: 'subscription',
    collection: 'providers/Microsoft.Authorization/roleDefinitions',
    verbs: ['list', 'show', 'create', 'delete'],
  },
  { name: 'user', summary: 'users', place: 'subscription', collection: 'providers/Fulcrum.Identity/users', verbs: every },
  {
    name: 'group',
    summary: 'groups of users',
    place: 'subscription',
    collection: 'providers/Fulcrum.Identity/groups',
    verbs: every,
  },
  {
    name: 'service-principal',
    summary: 'service principals',
    place: 'subscription',
    collection: 'providers/Fulcrum.Identity/servicePrincipals',
    verbs: every,
  },
  {
    name: 'instance',
    summary: 'instances described by instance.yml',
    place: 'subscription',
    collection: 'providers/Fulcrum.Platform/instances',
    verbs: ['list', 'show', 'delete'],
  },
]
