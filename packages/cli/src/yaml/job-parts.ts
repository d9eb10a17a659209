import {
  as,
  boolean,
  choice,
  duration,
  integer,
  mapOf,
  mapping,
  pascalChoice,
  raw,
  type Rule,
  type Shape,
  text,
  texts,
  translate,
  unsent,
} from './shape.ts'
import { type Casing, camel, compact, literalOf, snake } from './values.ts'
import { computeId } from './references.ts'
import { jobInputs, jobOutputs } from './job-io.ts'

/** Members that several kinds of job share; each rule exists for the casing of jobs (camelCase) and of nodes (snake_case). */

export const identity = (casing: Casing): Rule => {
  const type = choice({
    user_identity: 'UserIdentity',
    user: 'UserIdentity',
    managed: 'Managed',
    managed_identity: 'Managed',
    aml_token: 'AMLToken',
    UserIdentity: 'UserIdentity',
    AMLToken: 'AMLToken',
  })
  return mapping(
    {
      type: { as: casing('identity_type'), rule: type, needed: true },
      client_id: text,
      object_id: text,
      msi_resource_id: casing === camel ? as('resourceId', text) : text,
    },
    casing,
  )
}

const wholeNumber: Rule = (node) => (typeof node.value === 'string' && node.value.includes('${{') ? node.value : node.integer())

export const resourcesShape: Shape = {
  instance_count: wholeNumber,
  instance_type: text,
  shm_size: text,
  docker_args: raw,
  properties: raw,
  locations: raw,
  max_instance_count: integer,
}

/** Resources of a job; the wire wants `properties` even when there are none. */
export const jobResources: Rule = async (node, run) => ({ properties: {}, ...(await translate(node, resourcesShape, run)) })

export const nodeResources: Rule = (node, run) => translate(node, { ...resourcesShape, runtime_version: literalOf }, run, snake)

const distributionWords = { pytorch: 'PyTorch', tensorflow: 'TensorFlow', mpi: 'Mpi', ray: 'Ray' }
const distributionMembers: Shape = {
  process_count_per_instance: wholeNumber,
  worker_count: wholeNumber,
  parameter_server_count: wholeNumber,
  port: integer,
  address: text,
  include_dashboard: boolean,
  dashboard_port: integer,
  head_node_additional_args: text,
  worker_node_additional_args: text,
}

/** How processes of a job find each other. */
export const distribution = (casing: Casing): Rule => {
  const wordOf = choice(distributionWords)
  return async (node, run) => {
    const type = await wordOf(node.need('type'), run)
    const members = await translate(node, { ...distributionMembers, type: unsent }, run, casing)
    return {
      ...members,
      ...(type === 'TensorFlow' ? withParameterServers(members, casing) : {}),
      [casing('distribution_type')]: type,
    }
  }
}

function withParameterServers(members: Readonly<Record<string, unknown>>, casing: Casing): Record<string, unknown> {
  const key = casing('parameter_server_count')
  return { [key]: members[key] ?? 0 }
}

/** The shape of `distribution` in a component: as in the file. */
export const componentDistribution: Rule = async (node, run) => {
  const { distribution_type: _type, ...members } = (await distribution(snake)(node, run)) as Record<string, unknown>
  return { type: node.need('type').oneOf(Object.keys(distributionWords)), ...members }
}

export const commandLimits =
  (casing: Casing): Rule =>
  async (node, run) => ({
    [casing('job_limits_type')]: 'Command',
    ...(await translate(node, { timeout: duration, max_retries: integer }, run, casing)),
  })

const serviceTypes: Readonly<Record<string, string>> = {
  vs_code: 'VSCode',
  tensor_board: 'TensorBoard',
  jupyter_lab: 'JupyterLab',
  ssh: 'SSH',
}
const serviceShape: Shape = {
  type: choice(serviceTypes),
  job_service_type: choice(serviceTypes),
  endpoint: text,
  port: integer,
  nodes: raw,
  status: unsent,
  properties: texts,
  log_dir: text,
  ssh_public_keys: text,
}

/** Interactive services of a job: what belongs to one type of service travels in its `properties`. */
export const services = (casing: Casing): Rule =>
  mapOf(async (node, run) => {
    const found = await translate(node, serviceShape, run, camel)
    const { type, jobServiceType, nodes, logDir, sshPublicKeys, properties, ...rest } = found
    const own = { ...(properties as Record<string, unknown> | undefined), ...compact({ logDir, sshPublicKeys }) }
    return compact({
      ...rest,
      [casing('job_service_type')]: type ?? jobServiceType,
      nodes: nodes === undefined ? undefined : { [casing('nodes_value_type')]: 'All' },
      properties: Object.keys(own).length === 0 && properties === undefined ? undefined : own,
    })
  })

const priorities = choice({ low: 'low', medium: 'medium', high: 'high' })
export const queueSettings = (casing: Casing): Rule =>
  mapping(
    {
      job_tier: casing === camel ? pascalChoice(['spot', 'basic', 'standard', 'premium', 'null']) : text,
      priority: async (node, run) =>
        casing === camel ? ['low', 'medium', 'high'].indexOf(String(await priorities(node, run))) + 1 : priorities(node, run),
    },
    casing,
  )

/** Members that every job has. */
export const jobShape: Shape = {
  type: unsent,
  name: unsent,
  display_name: text,
  experiment_name: text,
  description: text,
  tags: texts,
  properties: texts,
  compute: as('computeId', computeId),
  identity: identity(camel),
  services: services(camel),
  inputs: jobInputs,
  outputs: jobOutputs,
}
