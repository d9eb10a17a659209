import type { RoleDefinition } from '../types.ts'
import { defineRole, under } from './define-role.ts'

const LOG_WORKSPACES = 'Microsoft.OperationalInsights/workspaces'

/**
 * Azure's monitoring roles. Deviation on purpose: Log Analytics Contributor comes without the `listKeys` actions of
 * storage accounts and without automation and machine extensions, which Fulcrum does not serve; with `listKeys` every
 * data scientist and monitor of a preproduction environment would bypass the storage roles.
 */
export const monitoringRoles: readonly RoleDefinition[] = [
  defineRole({
    name: '73c42c96-874c-492b-b04d-ab87d138a893',
    roleName: 'Log Analytics Reader',
    description: 'Reads and searches all monitoring data and settings.',
    actions: ['*/read', ...under(LOG_WORKSPACES, ['analytics/query/action', 'search/action']), 'Microsoft.Support/*'],
    notActions: [`${LOG_WORKSPACES}/sharedKeys/read`],
  }),
  defineRole({
    name: '92aaf0da-9dab-42b6-94a3-d43ce8d16293',
    roleName: 'Log Analytics Contributor',
    description: 'Reads all monitoring data and changes monitoring settings. Unlike in Azure, no storage account keys.',
    actions: [
      '*/read',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.Insights/diagnosticSettings/*',
      'Microsoft.OperationalInsights/*',
      'Microsoft.OperationsManagement/*',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourcegroups/deployments/*',
      'Microsoft.Support/*',
    ],
  }),
  defineRole({
    name: '43d0d8ad-25c7-4714-9337-8ba259a9fe05',
    roleName: 'Monitoring Reader',
    description: 'Reads all monitoring data.',
    actions: ['*/read', `${LOG_WORKSPACES}/search/action`, 'Microsoft.Support/*'],
  }),
  defineRole({
    name: '749f88d5-cbae-40b8-bcfc-e573ddc772fa',
    roleName: 'Monitoring Contributor',
    description: 'Reads all monitoring data and changes monitoring settings.',
    actions: [
      '*/read',
      'Microsoft.AlertsManagement/alerts/*',
      'Microsoft.AlertsManagement/alertsSummary/*',
      ...under('Microsoft.Insights', [
        'actiongroups/*',
        'activityLogAlerts/*',
        'AlertRules/*',
        'components/*',
        'createNotifications/*',
        'dataCollectionEndpoints/*',
        'dataCollectionRules/*',
        'dataCollectionRuleAssociations/*',
        'DiagnosticSettings/*',
        'eventtypes/*',
        'LogDefinitions/*',
        'metricalerts/*',
        'MetricDefinitions/*',
        'Metrics/*',
        'notificationStatus/*',
        'Register/Action',
        'scheduledqueryrules/*',
        'webtests/*',
        'workbooks/*',
        'workbooktemplates/*',
        'privateLinkScopes/*',
        'privateLinkScopeOperationStatuses/*',
      ]),
      ...under(LOG_WORKSPACES, [
        'write',
        'intelligencepacks/*',
        'savedSearches/*',
        'search/action',
        'sharedKeys/action',
        'storageinsightconfigs/*',
      ]),
      'Microsoft.Support/*',
      'Microsoft.AlertsManagement/smartDetectorAlertRules/*',
      'Microsoft.AlertsManagement/actionRules/*',
      'Microsoft.AlertsManagement/smartGroups/*',
    ],
  }),
]
