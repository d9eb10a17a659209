import { createHash } from 'node:crypto'
import type { Resource } from '@fulcrum/contract'

/** Ids of what the bodies may refer to: all of it exists. */
export interface World {
  readonly subscription: string
  readonly workspace: string
  readonly modelVersion: string
  readonly endpoint: string
  readonly release: string
  /** Tree digest that the release stands for. */
  readonly digest: string
  readonly principalId: string
  readonly groupId: string
}

type Body = Omit<Partial<Resource>, 'properties'> & { readonly properties?: Readonly<Record<string, unknown>> }

interface KindBody {
  /** Name of the item with this number where `parent` and `item-<n>` will not do. */
  readonly name?: (number: number) => string
  readonly body: (world: World, number: number) => Body
}

const numbered = (number: number): string => String(number + 1)
const plain: KindBody = { body: () => ({ properties: { description: 'An item' } }) }
const tracked: KindBody = { body: () => ({ location: 'local', tags: {}, properties: {} }) }
const dataVersion: KindBody = {
  name: numbered,
  body: () => ({ properties: { dataType: 'uri_folder', dataUri: 'azureml://datastores/workspaceblobstore/paths/flights/' } }),
}
const codeVersion: KindBody = {
  name: numbered,
  body: () => ({ properties: { codeUri: 'azureml://datastores/workspaceblobstore/paths/code/' } }),
}
const environmentVersion: KindBody = {
  name: numbered,
  body: () => ({ properties: { condaFile: 'name: e\ndependencies:\n  - python=3.11\n' } }),
}
const componentVersion: KindBody = {
  name: numbered,
  body: () => ({
    properties: {
      componentSpec: { name: 'parent', version: '1', type: 'command', command: 'echo hello', environment: 'azureml:parent:1' },
    },
  }),
}
const modelVersion: KindBody = {
  name: numbered,
  body: (world) => ({
    properties: { modelType: 'custom_model', modelUri: `azureml:/${world.workspace}/datastores/workspaceblobstore/paths/m/` },
  }),
}
const guid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
/** Of Azure's shipped roles some that differ, since one principal may hold a role at a scope once. */
const roles = [
  'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  'b24988ac-6180-42a0-ab88-20f7382dd24c',
  'f6c7c914-8db3-469d-8ca1-694a8f32e121',
  'e503ece1-11d0-4e8e-8e2c-7a6c3bf38815',
  '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
]

/** One valid body per kind, by its noun. A kind that is not here fails the contract tests. */
export const kindBodies: Readonly<Record<string, KindBody>> = {
  roleDefinitions: {
    name: guid,
    body: (world, number) => ({
      properties: {
        roleName: `Model reader ${number}`,
        permissions: [{ actions: ['Microsoft.MachineLearningServices/workspaces/models/*/read'] }],
        assignableScopes: [world.workspace],
      },
    }),
  },
  roleAssignments: {
    name: guid,
    body: (world, number) => ({
      properties: { roleDefinitionId: roles[number], principalId: world.principalId, principalType: 'User' },
    }),
  },
  denyAssignments: {
    name: guid,
    body: (world, number) => ({
      properties: {
        denyAssignmentName: `No deletions ${number}`,
        permissions: [{ actions: ['Microsoft.Storage/storageAccounts/delete'] }],
        principals: [{ id: world.principalId }],
      },
    }),
  },
  locks: { body: () => ({ properties: { level: 'CanNotDelete', notes: 'Kept.' } }) },
  instances: {
    body: (_world, number) => ({
      properties: {
        name: number === 0 ? 'parent' : `item-${number}`,
        environments: { dev: { resourceGroup: `rg-item-${number}`, workspace: `mlw-item-${number}` } },
      },
    }),
  },
  resourceGroups: tracked,
  workspaces: tracked,
  registries: { body: () => ({ location: 'local', properties: { regionDetails: [{ location: 'local' }] } }) },
  keyVaults: tracked,
  applicationInsights: tracked,
  logAnalyticsWorkspaces: tracked,
  containerRegistries: tracked,
  storageAccounts: {
    name: (number) => (number === 0 ? 'parent' : `stitem${number}`),
    body: () => ({ location: 'local', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} }),
  },
  datastores: {
    body: (_world, number) => ({
      properties: { datastoreType: 'AzureBlob', containerName: `lake-${number}`, credentials: { credentialsType: 'None' } },
    }),
  },
  data: plain,
  registryData: plain,
  'data.versions': dataVersion,
  'registryData.versions': dataVersion,
  codes: plain,
  registryCodes: plain,
  'codes.versions': codeVersion,
  'registryCodes.versions': codeVersion,
  environmentMappings: {
    body: (_world, number) => ({
      properties: { match: `package:scikit-learn==0.2${number}.*`, requirements: ['scikit-learn>=1.2,<1.4'] },
    }),
  },
  environments: plain,
  registryEnvironments: plain,
  'environments.versions': environmentVersion,
  'registryEnvironments.versions': environmentVersion,
  computes: {
    body: () => ({
      location: 'local',
      properties: { computeType: 'AmlCompute', properties: { vmSize: 'small', scaleSettings: { maxNodeCount: 1 } } },
    }),
  },
  models: plain,
  'models.versions': modelVersion,
  registryModels: plain,
  'registryModels.versions': modelVersion,
  components: plain,
  'components.versions': componentVersion,
  registryComponents: plain,
  'registryComponents.versions': componentVersion,
  connections: {
    body: () => ({
      properties: { authType: 'PAT', category: 'Git', target: 'https://git.example', credentials: { pat: 'a token' } },
    }),
  },
  deployments: {
    body: () => ({
      properties: {
        mode: 'Incremental',
        template: {
          $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
          contentVersion: '1.0.0.0',
          resources: [],
        },
      },
    }),
  },
  mirrors: {
    body: (_world, number) => ({
      properties: {
        prefix: `https://data.example/${number}.csv`,
        files: [{ path: '', digest: `sha256:${createHash('sha256').update('weights').digest('hex')}`, sizeBytes: 7 }],
      },
    }),
  },
  jobs: { body: () => ({ properties: { jobType: 'Command', command: 'echo hello', experimentName: 'first' } }) },
  schedules: {
    body: () => ({
      properties: {
        trigger: { triggerType: 'Cron', expression: '0 6 * * 1', timeZone: 'UTC' },
        action: { actionType: 'CreateJob', jobDefinition: { jobType: 'Command', command: 'echo hello' } },
        isEnabled: false,
      },
    }),
  },
  featureSets: plain,
  'featureSets.versions': {
    name: numbered,
    body: () => ({
      properties: {
        entities: ['azureml:parent:1'],
        specification: { path: 'azureml://datastores/workspaceblobstore/paths/features/' },
      },
    }),
  },
  featureStoreEntities: plain,
  'featureStoreEntities.versions': {
    name: numbered,
    body: () => ({ properties: { indexColumns: [{ columnName: 'accountID', dataType: 'string' }] } }),
  },
  serverlessEndpoints: {
    body: () => ({
      location: 'local',
      properties: { authMode: 'Key', modelSettings: { modelId: 'azureml://registries/azureml-meta/models/a-model' } },
    }),
  },
  marketplaceSubscriptions: {
    body: () => ({ properties: { modelId: 'azureml://registries/azureml-meta/models/a-model' } }),
  },
  onlineEndpoints: { body: () => ({ location: 'local', properties: { authMode: 'Key' } }) },
  onlineDeployments: {
    body: (world) => ({
      location: 'local',
      sku: { name: 'Default', capacity: 1 },
      properties: { endpointComputeType: 'Managed', model: world.modelVersion },
    }),
  },
  batchEndpoints: { body: () => ({ location: 'local', properties: { authMode: 'AADToken' } }) },
  batchDeployments: {
    body: (world) => ({
      location: 'local',
      properties: { model: { referenceType: 'Id', assetId: world.modelVersion }, compute: 'local', miniBatchSize: 10 },
    }),
  },
  eventSubscriptions: {
    body: (world) => ({
      properties: {
        filter: { includedEventTypes: ['monitoring.monitorBreached'] },
        destination: {
          endpointType: 'Fulcrum.Job',
          properties: { workspaceId: world.workspace, jobDefinition: { sourceJobName: 'parent' } },
        },
      },
    }),
  },
  gates: {
    body: (world, number) => ({
      properties: {
        displayName: `Gate ${number}`,
        order: number + 1,
        environment: 'qa',
        approverGroupIds: [world.groupId],
        requiredEvidence: [],
      },
    }),
  },
  releases: { body: (world) => ({ location: 'local', properties: { modelVersionId: world.modelVersion } }) },
  'releases.evidence': {
    body: (world) => ({
      properties: { gate: 'parent', kind: 'metrics', verdict: 'pass', summary: 'AUC 0.71', digest: world.digest },
    }),
  },
  rollouts: {
    body: (world) => ({
      properties: { endpointId: world.endpoint, deploymentName: 'parent', releaseId: world.release, steps: [50, 100] },
    }),
  },
}
