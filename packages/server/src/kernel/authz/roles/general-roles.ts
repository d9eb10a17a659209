import type { RoleDefinition } from '../types.ts'
import { defineRole, under } from './define-role.ts'

/** Azure's roles that concern every resource type. Ids and lists are Azure's. */
export const generalRoles: readonly RoleDefinition[] = [
  defineRole({
    name: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
    roleName: 'Reader',
    description: 'Reads every resource and changes nothing. Secrets are no part of reading.',
    actions: ['*/read'],
  }),
  defineRole({
    name: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    roleName: 'Contributor',
    description: 'Manages every resource, but neither access nor deny settings.',
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
      ...under('Microsoft.Blueprint/blueprintAssignments', ['write', 'delete']),
      'Microsoft.Compute/galleries/share/action',
      ...under('Microsoft.Purview/consents', ['write', 'delete']),
      'Microsoft.Resources/deploymentStacks/manageDenySetting/action',
      ...under('Microsoft.Subscription', ['cancel/action', 'enable/action']),
    ],
  }),
  defineRole({
    name: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
    roleName: 'Owner',
    description: 'Manages every resource and access to it. Holds no data right.',
    actions: ['*'],
  }),
  defineRole({
    name: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    roleName: 'User Access Administrator',
    description: 'Manages access to resources.',
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  }),
  defineRole({
    name: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
    roleName: 'Role Based Access Control Administrator',
    description: 'Manages role assignments, and no other way of access.',
    actions: ['*/read', ...under('Microsoft.Authorization/roleAssignments', ['write', 'delete']), 'Microsoft.Support/*'],
  }),
  defineRole({
    name: 'f1a07417-d97a-45cb-824c-7a7467783830',
    roleName: 'Managed Identity Operator',
    description: 'Reads user-assigned identities and assigns them to resources such as compute.',
    actions: [
      ...under('Microsoft.ManagedIdentity/userAssignedIdentities', ['*/read', '*/assign/action']),
      'Microsoft.Authorization/*/read',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Support/*',
    ],
  }),
  defineRole({
    name: '4d97b98b-1d4f-4787-a291-c67834d212e7',
    roleName: 'Network Contributor',
    description: 'Manages networks, but not access to them.',
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.Network/*',
      'Microsoft.ResourceHealth/availabilityStatuses/read',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Support/*',
    ],
  }),
]
