import type { RoleDefinition } from '../types.ts'
import { defineRole, under } from './define-role.ts'

const REGISTRIES = 'Microsoft.ContainerRegistry/registries'
const BLOB_SERVICES = 'Microsoft.Storage/storageAccounts/blobServices'
const FILE_SERVICES = 'Microsoft.Storage/storageAccounts/fileServices'
const VAULTS = 'Microsoft.KeyVault/vaults'

const vaultManagementActions: readonly string[] = [
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.Resources/deployments/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Support/*',
  'Microsoft.KeyVault/checkNameAvailability/read',
  'Microsoft.KeyVault/deletedVaults/read',
  'Microsoft.KeyVault/locations/*/read',
  `${VAULTS}/*/read`,
  'Microsoft.KeyVault/operations/read',
]

/** Azure's container-registry roles. */
export const containerRegistryRoles: readonly RoleDefinition[] = [
  defineRole({
    name: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
    roleName: 'AcrPull',
    description: 'Pulls images.',
    actions: [`${REGISTRIES}/pull/read`],
  }),
  defineRole({
    name: '8311e382-0749-4cb8-b61a-304f252e45ec',
    roleName: 'AcrPush',
    description: 'Pulls and pushes images.',
    actions: under(REGISTRIES, ['pull/read', 'push/write']),
  }),
  defineRole({
    name: 'cdda3590-29a3-44f6-95f2-9f980659eb04',
    roleName: 'AcrQuarantineReader',
    description: 'Reads quarantined images.',
    actions: [`${REGISTRIES}/quarantine/read`],
    dataActions: [`${REGISTRIES}/quarantinedArtifacts/read`],
  }),
  defineRole({
    name: 'c8d4ff99-41c3-41a8-9f60-21dfdad59608',
    roleName: 'AcrQuarantineWriter',
    description: 'Reads quarantined images and changes their quarantine state.',
    actions: under(REGISTRIES, ['quarantine/read', 'quarantine/write']),
    dataActions: under(REGISTRIES, ['quarantinedArtifacts/read', 'quarantinedArtifacts/write']),
  }),
]

/** Azure's vault roles. */
export const keyVaultRoles: readonly RoleDefinition[] = [
  defineRole({
    name: '00482a5a-887f-4fb3-b363-3b7fe8e74483',
    roleName: 'Key Vault Administrator',
    description: 'Does everything with the keys, secrets and certificates of a vault; does not manage the vault or access to it.',
    actions: vaultManagementActions,
    dataActions: [`${VAULTS}/*`],
  }),
  defineRole({
    name: '21090545-7ca7-4776-b22c-e363652d74d2',
    roleName: 'Key Vault Reader',
    description: 'Reads what a vault holds, never a value.',
    actions: vaultManagementActions,
    dataActions: under(VAULTS, ['*/read', 'secrets/readMetadata/action']),
  }),
  defineRole({
    name: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
    roleName: 'Key Vault Secrets Officer',
    description: 'Does everything with secrets except managing access to them.',
    actions: vaultManagementActions,
    dataActions: [`${VAULTS}/secrets/*`],
  }),
  defineRole({
    name: '4633458b-17de-408a-b874-0445c86b69e6',
    roleName: 'Key Vault Secrets User',
    description: 'Reads the values of secrets.',
    dataActions: under(VAULTS, ['secrets/getSecret/action', 'secrets/readMetadata/action']),
  }),
]

/** Azure's storage data roles. */
export const storageRoles: readonly RoleDefinition[] = [
  defineRole({
    name: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    roleName: 'Storage Blob Data Reader',
    description: 'Reads containers and blobs.',
    actions: under(BLOB_SERVICES, ['containers/read', 'generateUserDelegationKey/action']),
    dataActions: [`${BLOB_SERVICES}/containers/blobs/read`],
  }),
  defineRole({
    name: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    roleName: 'Storage Blob Data Contributor',
    description: 'Reads, writes and deletes containers and blobs.',
    actions: under(BLOB_SERVICES, [
      'containers/delete',
      'containers/read',
      'containers/write',
      'generateUserDelegationKey/action',
    ]),
    dataActions: under(`${BLOB_SERVICES}/containers/blobs`, ['delete', 'read', 'write', 'move/action', 'add/action']),
  }),
  defineRole({
    name: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    roleName: 'Storage Blob Data Owner',
    description: 'Reads, writes and deletes containers and blobs whatever their access control lists say, and changes these.',
    actions: under(BLOB_SERVICES, ['containers/*', 'generateUserDelegationKey/action']),
    dataActions: [`${BLOB_SERVICES}/containers/blobs/*`],
  }),
  defineRole({
    name: '69566ab7-960f-475b-8e7c-b3118f30c6bd',
    roleName: 'Storage File Data Privileged Contributor',
    description: 'Reads, writes, deletes and changes permissions on file shares, whatever permissions the files carry.',
    dataActions: [
      ...under(`${FILE_SERVICES}/fileshares/files`, ['read', 'write', 'delete', 'modifypermissions/action']),
      ...under(FILE_SERVICES, ['readFileBackupSemantics/action', 'writeFileBackupSemantics/action']),
    ],
  }),
]
