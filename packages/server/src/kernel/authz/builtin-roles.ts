import { ROLE_DEFINITION_PREFIX } from './roles/define-role.ts'
import { fulcrumRoles } from './roles/fulcrum-roles.ts'
import { generalRoles } from './roles/general-roles.ts'
import { machineLearningRoles } from './roles/machine-learning-roles.ts'
import { monitoringRoles } from './roles/monitoring-roles.ts'
import { containerRegistryRoles, keyVaultRoles, storageRoles } from './roles/resource-roles.ts'
import { accessGuideRoles, pipelineDesignRoles } from './roles/shipped-custom-roles.ts'
import type { RoleDefinition } from './types.ts'

/** Every role Fulcrum ships. Ids and role names are unique; all are assignable at `/`. */
export const builtinRoles: readonly RoleDefinition[] = [
  ...generalRoles,
  ...machineLearningRoles,
  ...containerRegistryRoles,
  ...keyVaultRoles,
  ...storageRoles,
  ...monitoringRoles,
  ...pipelineDesignRoles,
  ...accessGuideRoles,
  ...fulcrumRoles,
]

/** Full ids of the roles that other code names. */
export const roleIds = {
  reader: idOf('acdd72a7-3385-48ef-bd42-f606fba81ae7'),
  contributor: idOf('b24988ac-6180-42a0-ab88-20f7382dd24c'),
  owner: idOf('8e3af657-a8ff-443c-a75c-2fe8c4bcb635'),
  userAccessAdministrator: idOf('18d7d88d-d35e-4fb5-a5c3-7773c20a72d9'),
  roleBasedAccessControlAdministrator: idOf('f58310d9-a9f6-439a-9e8d-f62e7b41a168'),
  dataScientist: idOf('f6c7c914-8db3-469d-8ca1-694a8f32e121'),
  computeOperator: idOf('e503ece1-11d0-4e8e-8e2c-7a6c3bf38815'),
  registryUser: idOf('1823dd4f-9b8c-4ab6-ab4e-7397a3684615'),
  azureAiAdministrator: idOf('b78c5d69-af96-48a3-bf8d-a8b4d589de94'),
  acrPush: idOf('8311e382-0749-4cb8-b61a-304f252e45ec'),
  keyVaultAdministrator: idOf('00482a5a-887f-4fb3-b363-3b7fe8e74483'),
  keyVaultReader: idOf('21090545-7ca7-4776-b22c-e363652d74d2'),
  storageBlobDataReader: idOf('2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'),
  storageBlobDataContributor: idOf('ba92f5b4-2d11-453d-a403-e96b0029c9fe'),
  storageBlobDataOwner: idOf('b7e6dc6d-f1e8-4753-8033-0f276bb0955b'),
  logAnalyticsReader: idOf('73c42c96-874c-492b-b04d-ab87d138a893'),
  logAnalyticsContributor: idOf('92aaf0da-9dab-42b6-94a3-d43ce8d16293'),
  monitoringReader: idOf('43d0d8ad-25c7-4714-9337-8ba259a9fe05'),
  monitoringContributor: idOf('749f88d5-cbae-40b8-bcfc-e573ddc772fa'),
  deliveryAdministrator: idOf('85fe5882-1e97-521b-a51a-0ada5a122ad7'),
  deliveryContributor: idOf('aff52718-cbea-5f47-b485-a42ca3ebac86'),
  releaseApprover: idOf('05119fa3-1393-543b-b113-3ceb44adab0d'),
  endpointScorer: idOf('29f17f1a-febc-5f22-8533-8f0f7e4ec9e6'),
} as const

function idOf(name: string): string {
  return `${ROLE_DEFINITION_PREFIX}${name}`
}
