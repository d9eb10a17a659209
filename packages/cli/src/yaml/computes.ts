import type { WireResource } from './assets.ts'
import { resourceIdentity } from './endpoints.ts'
import { at, localPath } from './references.ts'
import {
  as,
  boolean,
  choice,
  duration,
  integer,
  listOf,
  mapping,
  raw,
  type Rule,
  type Run,
  type Shape,
  text,
  texts,
  translate,
  unsent,
} from './shape.ts'
import { compact } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

const types = ['amlcompute', 'computeinstance', 'kubernetes', 'virtualmachine', 'synapsespark'] as const
type ComputeType = (typeof types)[number]

const subnet = mapping({ vnet_name: text, subnet: text })

const shared: Shape = {
  name: unsent,
  type: unsent,
  id: unsent,
  provisioning_state: unsent,
  description: text,
  tags: texts,
  location: text,
  identity: resourceIdentity,
  resource_id: text,
  public_key_data: unsent,
}

const sshSettings = mapping({
  admin_username: as('adminUserName', text),
  admin_password: as('adminUserPassword', text),
  ssh_key_value: as('adminUserSshPublicKey', text),
})

const scheduleTrigger: Rule = (node, run) =>
  translate(
    node,
    {
      type: as('triggerType', choice({ cron: 'Cron', recurrence: 'Recurrence' })),
      expression: text,
      start_time: text,
      end_time: unsent,
      time_zone: text,
      frequency: choice(['minute', 'hour', 'day', 'week', 'month']),
      interval: integer,
      schedule: mapping({ hours: raw, minutes: raw, week_days: raw, month_days: raw }),
    },
    run,
  )

const startStop: Rule = async (node, run) => {
  const found = await translate(node, { trigger: scheduleTrigger, action: text, state: text, schedule_id: unsent }, run)
  const trigger = found['trigger'] as Record<string, unknown>
  const part = trigger['triggerType'] === 'Cron' ? 'cron' : 'recurrence'
  const status = String(found['state'] ?? 'enabled').toLowerCase() === 'disabled' ? 'Disabled' : 'Enabled'
  return { action: found['action'], status, triggerType: trigger['triggerType'], [part]: { timeZone: 'UTC', ...trigger } }
}

const script: Rule = mapping({
  path: as('scriptData', text),
  command: as('scriptArguments', text),
  timeout_minutes: as('timeout', (node) => `${node.integer()}m`),
})

const own: Readonly<Record<ComputeType, Shape>> = {
  amlcompute: {
    size: text,
    tier: choice({ dedicated: 'Dedicated', low_priority: 'LowPriority', Dedicated: 'Dedicated', LowPriority: 'LowPriority' }),
    min_instances: integer,
    max_instances: integer,
    idle_time_before_scale_down: duration,
    ssh_public_access_enabled: boolean,
    ssh_settings: sshSettings,
    network_settings: subnet,
    enable_node_public_ip: boolean,
    created_on: unsent,
  },
  computeinstance: {
    size: text,
    ssh_public_access_enabled: boolean,
    ssh_settings: mapping({ ssh_key_value: as('adminPublicKey', text), admin_username: unsent }),
    network_settings: subnet,
    create_on_behalf_of: mapping({ user_tenant_id: as('tenantId', text), user_object_id: as('objectId', text) }),
    schedules: mapping({ compute_start_stop: as('computeStartStop', listOf(startStop)) }),
    setup_scripts: mapping({ startup_script: script, creation_script: script }),
    idle_time_before_shutdown: text,
    idle_time_before_shutdown_minutes: (node) => `PT${node.integer()}M`,
    enable_node_public_ip: boolean,
    enable_sso: boolean,
    enable_root_access: boolean,
    enable_os_patching: boolean,
    release_quota_on_stop: boolean,
    custom_applications: raw,
  },
  kubernetes: { namespace: text, properties: raw },
  virtualmachine: {
    ssh_settings: mapping({
      admin_username: as('username', text),
      admin_password: as('password', text),
      ssh_port: integer,
      ssh_private_key_file: as('privateKeyData', (node, { assets }) => at(node, assets.readText(localPath(node)))),
    }),
  },
  synapsespark: {
    auto_pause_settings: raw,
    auto_scale_settings: raw,
    node_count: integer,
    node_family: text,
    node_size: text,
    spark_version: text,
  },
}

const wireTypes: Readonly<Record<ComputeType, string>> = {
  amlcompute: 'AmlCompute',
  computeinstance: 'ComputeInstance',
  kubernetes: 'Kubernetes',
  virtualmachine: 'VirtualMachine',
  synapsespark: 'SynapseSpark',
}

export async function compute(node: YamlNode, run: Run): Promise<WireResource> {
  const type = node.need('type').oneOf(types)
  const { description, tags, location, identity, resourceId, ...members } = await translate(
    node,
    { ...shared, ...own[type] },
    run,
  )
  const properties = wireProperties[type](members)
  return {
    id: `${run.assets.workspaceId}/computes/${node.need('name').text()}`,
    body: compact({
      location: location ?? 'local',
      tags,
      identity,
      properties: compact({ computeType: wireTypes[type], description, resourceId, ...properties }),
    }),
  }
}

type Members = Readonly<Record<string, unknown>>

const wireProperties: Readonly<Record<ComputeType, (members: Members) => Members>> = {
  amlcompute: (members) => ({
    disableLocalAuth: members['sshSettings'] === undefined,
    properties: compact({
      vmSize: members['size'] ?? 'STANDARD_DS3_V2',
      osType: 'Linux',
      vmPriority: members['tier'],
      subnet: subnetId(members['networkSettings']),
      enableNodePublicIp: members['enableNodePublicIp'] ?? true,
      userAccountCredentials: members['sshSettings'],
      remoteLoginPortPublicAccess:
        members['sshPublicAccessEnabled'] === undefined
          ? 'NotSpecified'
          : members['sshPublicAccessEnabled'] === true
            ? 'Enabled'
            : 'Disabled',
      scaleSettings: {
        minNodeCount: members['minInstances'] ?? 0,
        maxNodeCount: members['maxInstances'] ?? 4,
        nodeIdleTimeBeforeScaleDown: members['idleTimeBeforeScaleDown'] ?? 'PT2M',
      },
    }),
  }),
  computeinstance: (members) => ({
    disableLocalAuth: members['sshPublicAccessEnabled'] !== true,
    properties: compact({
      vmSize: members['size'] ?? 'STANDARD_DS3_V2',
      subnet: subnetId(members['networkSettings']),
      enableNodePublicIp: members['enableNodePublicIp'] ?? true,
      enableSSO: members['enableSso'] ?? true,
      enableRootAccess: members['enableRootAccess'] ?? true,
      enableOSPatching: members['enableOsPatching'] ?? false,
      releaseQuotaOnStop: members['releaseQuotaOnStop'] ?? false,
      applicationSharingPolicy: 'Shared',
      computeInstanceAuthorizationType: 'personal',
      sshSettings: sshOf(members),
      personalComputeInstanceSettings:
        members['createOnBehalfOf'] === undefined ? undefined : { assignedUser: members['createOnBehalfOf'] },
      idleTimeBeforeShutdown: members['idleTimeBeforeShutdownMinutes'] ?? members['idleTimeBeforeShutdown'],
      schedules: members['schedules'],
      setupScripts: members['setupScripts'] === undefined ? undefined : { scripts: scriptsOf(members['setupScripts']) },
      customServices: members['customApplications'],
    }),
  }),
  kubernetes: (members) => ({
    properties: compact({ ...(members['properties'] as Members | undefined), namespace: members['namespace'] ?? 'default' }),
  }),
  virtualmachine: (members) => {
    const { sshPort, ...account } = { ...(members['sshSettings'] as Members | undefined) }
    return { properties: { sshPort: sshPort ?? 22, administratorAccount: account } }
  },
  synapsespark: () => ({}),
}

function subnetId(settings: unknown): unknown {
  const subnetName = (settings as Members | undefined)?.['subnet']
  return subnetName === undefined ? undefined : { id: subnetName }
}

function sshOf(members: Members): unknown {
  if (members['sshPublicAccessEnabled'] === undefined && members['sshSettings'] === undefined) return undefined
  return {
    ...(members['sshSettings'] as Members | undefined),
    sshPublicAccess: members['sshPublicAccessEnabled'] === true ? 'Enabled' : 'Disabled',
  }
}

function scriptsOf(scripts: unknown): unknown {
  return Object.fromEntries(
    Object.entries(scripts as Members).map(([key, value]) => [key, { scriptSource: 'inline', ...(value as Members) }]),
  )
}
