import type { RoleDefinition } from '../types.ts'
import { defineRole, under, WORKSPACE } from './define-role.ts'

/** The data action of a prediction; no control-plane pattern, not even Owner's, covers it. */
export const SCORE_ACTION = `${WORKSPACE}/onlineEndpoints/score/action`

const gateAnswers = under('Fulcrum.Delivery/releases/gates', ['approve/action', 'reject/action'])

/** Roles for what Azure lacks; ids are uuid v5 of the name. */
export const fulcrumRoles: readonly RoleDefinition[] = [
  defineRole({
    name: '85fe5882-1e97-521b-a51a-0ada5a122ad7',
    roleName: 'Delivery Administrator',
    description: 'Manages release definitions, releases and their environments. Cannot approve: that is a right of its own.',
    actions: ['Fulcrum.Delivery/*'],
    notActions: gateAnswers,
  }),
  defineRole({
    name: 'aff52718-cbea-5f47-b485-a42ca3ebac86',
    roleName: 'Delivery Contributor',
    description: 'Creates and changes releases. Cannot approve: that is a right of its own.',
    actions: under('Fulcrum.Delivery', ['*/read', 'releases/*']),
    notActions: gateAnswers,
  }),
  defineRole({
    name: '05119fa3-1393-543b-b113-3ceb44adab0d',
    roleName: 'Release Approver',
    description: 'Reads releases with their evidence and answers gates.',
    actions: ['Fulcrum.Delivery/*/read', ...gateAnswers],
  }),
  defineRole({
    name: '2ac13edf-db9a-5c40-a8b3-7a798cd870e2',
    roleName: 'Package Curator',
    description: 'Decides which packages leave quarantine and keeps the curated list.',
    actions: ['Fulcrum.Packages/*'],
  }),
  defineRole({
    name: 'b40b3b68-22e8-53a8-bb03-cac5fa3417dc',
    roleName: 'Security Auditor',
    description: 'Reads, exports and verifies all audit records, and reads access and policy. No data.',
    actions: [
      ...under('Fulcrum.Audit', ['*/read', '*/export/action', '*/verify/action']),
      'Fulcrum.Delivery/*/read',
      'Fulcrum.Packages/*/read',
      'Microsoft.Authorization/*/read',
      'Microsoft.Insights/eventtypes/*/read',
      'Microsoft.PolicyInsights/*/read',
    ],
  }),
  defineRole({
    name: 'fc12d2eb-d454-5d3f-a5fc-46dabb7e0828',
    roleName: 'Policy Administrator',
    description: 'Manages policy definitions, sets, assignments and exemptions and reads compliance.',
    actions: [
      ...under('Microsoft.Authorization', [
        'policyDefinitions/*',
        'policySetDefinitions/*',
        'policyAssignments/*',
        'policyExemptions/*',
      ]),
      'Microsoft.PolicyInsights/*',
    ],
  }),
  defineRole({
    name: '44cc97fb-eacf-52ce-9b7c-a7bda282ad70',
    roleName: 'Cost Reader',
    description: 'Reads usage, prices and budgets.',
    actions: ['Microsoft.Consumption/*/read', 'Microsoft.CostManagement/*/read', 'Fulcrum.Cost/*/read'],
  }),
  defineRole({
    name: '29f17f1a-febc-5f22-8533-8f0f7e4ec9e6',
    roleName: 'Endpoint Scorer',
    description: 'Sends scoring requests. Assign it at the endpoint.',
    dataActions: [SCORE_ACTION],
  }),
]
