import {
  armReference,
  at,
  computeReference,
  created,
  isWire,
  lower,
  part,
  seconds,
  shortReference,
  snake,
  snakeKeys,
  table,
  unlessEmpty,
  withValues,
  type Entity,
  type Wire,
} from './translate.ts'

const modes: Readonly<Record<string, string>> = {
  readonlymount: 'ro_mount',
  readwritemount: 'rw_mount',
  download: 'download',
  upload: 'upload',
  direct: 'direct',
  evalmount: 'eval_mount',
  evaldownload: 'eval_download',
}
const modeOf = (value: unknown): string => modes[lower(value).replaceAll('_', '')] ?? snake(value)

/** A literal as its value, anything else with type, path and mode. */
export function jobInput(value: unknown): unknown {
  const input = part(value)
  const type = input['jobInputType'] ?? input['job_input_type'] ?? input['type']
  const path = input['uri'] ?? input['path']
  if (lower(type ?? '') === 'literal') return input['value']
  return withValues([
    ['type', type],
    ['path', path === undefined ? undefined : shortReference(path)],
    ['mode', input['mode'] === undefined || input['mode'] === null ? undefined : modeOf(input['mode'])],
  ])
}

function jobOutput(value: unknown): unknown {
  const output = part(value)
  return withValues([
    ['type', output['jobOutputType'] ?? output['job_output_type'] ?? output['type']],
    ['path', output['uri']],
    ['mode', output['mode'] === undefined || output['mode'] === null ? undefined : modeOf(output['mode'])],
    ['name', output['assetName']],
    ['version', output['assetVersion']],
  ])
}

const mapped =
  (convert: (value: unknown) => unknown) =>
  (value: unknown): unknown =>
    Object.fromEntries(Object.entries(part(value)).map(([name, entry]) => [name, convert(entry)]))

const service = (value: unknown): unknown =>
  withValues([
    ['type', serviceType(part(value)['jobServiceType'])],
    ['endpoint', part(value)['endpoint']],
    ['port', part(value)['port']],
    ['status', part(value)['status']],
    ['nodes', part(value)['nodes'] === undefined ? undefined : 'all'],
    [
      'properties',
      isWire(part(value)['properties']) && Object.keys(part(part(value)['properties'])).length > 0
        ? part(value)['properties']
        : undefined,
    ],
  ])

function serviceType(value: unknown): unknown {
  return { vscode: 'vs_code', tensorboard: 'tensor_board', jupyterlab: 'jupyter_lab', ssh: 'ssh' }[lower(value ?? '')] ?? value
}

const map = (name: string) => (wire: Wire) => part(wire['properties'])[name] ?? {}

const shared = {
  name: 'name',
  id: at('id', armReference),
  display_name: 'properties.displayName',
  description: 'properties.description',
  experiment_name: 'properties.experimentName',
  status: 'properties.status',
  tags: map('tags'),
  properties: map('properties'),
  services: at('properties.services', mapped(service)),
  creation_context: created,
  inputs: (wire: Wire) => mapped(jobInput)(part(wire['properties'])['inputs']),
  outputs: (wire: Wire) => mapped(jobOutput)(part(wire['properties'])['outputs']),
  compute: at('properties.computeId', computeReference),
  identity: at('properties.identity', identity),
} as const

function identity(value: unknown): unknown {
  const type = snake(part(value)['identityType'])
  return withValues([
    ['type', type === 'user_identity' ? 'user_identity' : type === 'amltoken' || type === 'aml_token' ? 'aml_token' : type],
    ['client_id', part(value)['clientId']],
  ])
}

const resources = at('properties.resources', (value) => {
  const { properties, ...rest } = part(value)
  const kept = isWire(properties) && Object.keys(properties).length > 0 ? { properties } : {}
  return { ...part(snakeKeys(rest)), ...kept }
})

function distribution(value: unknown): unknown {
  const { distributionType, ...rest } = part(value)
  return { type: lower(distributionType ?? ''), ...part(snakeKeys(rest)) }
}

const limits = at('properties.limits', (value) =>
  table({
    timeout: at('timeout', seconds),
    trial_timeout: at('trialTimeout', seconds),
    max_total_trials: 'maxTotalTrials',
    max_concurrent_trials: 'maxConcurrentTrials',
  })(part(value)),
)

const command = table({
  ...shared,
  type: () => 'command',
  command: 'properties.command',
  code: at('properties.codeId', armReference),
  environment: at('properties.environmentId', shortReference),
  environment_variables: map('environmentVariables'),
  resources,
  distribution: at('properties.distribution', distribution),
  limits,
  queue_settings: at('properties.queueSettings', snakeKeys),
})

const sweep = table({
  ...shared,
  type: () => 'sweep',
  trial: at('properties.trial', (value) =>
    table({
      type: () => 'command',
      command: 'command',
      code: at('codeId', armReference),
      environment: at('environmentId', shortReference),
      environment_variables: 'environmentVariables',
      distribution: at('distribution', distribution),
      resources: at('resources', snakeKeys),
    })(part(value)),
  ),
  search_space: at('properties.searchSpace', mapped(searchSpace)),
  sampling_algorithm: at('properties.samplingAlgorithm.samplingAlgorithmType', lower),
  objective: at('properties.objective', (value) => ({
    goal: lower(part(value)['goal']),
    primary_metric: part(value)['primaryMetric'],
  })),
  early_termination: at('properties.earlyTermination', (value) => {
    const { policyType, ...rest } = part(value)
    return { type: snake(policyType), ...part(snakeKeys(rest)) }
  }),
  limits,
})

const searchMembers: Readonly<Record<string, readonly string[]>> = {
  choice: ['values'],
  randint: ['upper'],
  uniform: ['min_value', 'max_value'],
  loguniform: ['min_value', 'max_value'],
  quniform: ['min_value', 'max_value', 'q'],
  qloguniform: ['min_value', 'max_value', 'q'],
  normal: ['mu', 'sigma'],
  lognormal: ['mu', 'sigma'],
  qnormal: ['mu', 'sigma', 'q'],
  qlognormal: ['mu', 'sigma', 'q'],
}

/** `["uniform", [0.1, 0.9]]` → `{type: uniform, min_value: 0.1, max_value: 0.9}`. */
function searchSpace(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  const [type, members] = value as [unknown, unknown[]]
  const names = searchMembers[String(type)] ?? []
  return withValues([['type', type], ...names.map((name, index) => [name, members[index]] as const)])
}

/** The last segment of an ARM id, as a reference; other texts stay as they are. */
const assetName = (value: unknown): string =>
  String(value).startsWith('/') ? `azureml:${String(value).split('/').at(-1)}` : String(value)

/** A pipeline's empty maps are left out. */
const filled = (name: string): ((wire: Wire) => unknown) => at(`properties.${name}`, unlessEmpty)

const pipeline = table({
  ...shared,
  tags: filled('tags'),
  properties: filled('properties'),
  outputs: at('properties.outputs', (value) => unlessEmpty(mapped(jobOutput)(value))),
  compute: at('properties.computeId', (value) => (value === '' ? undefined : computeReference(value))),
  type: () => 'pipeline',
  jobs: at('properties.jobs', mapped(node)),
  component: at('properties.componentId', shortReference),
  settings: at('properties.settings', (value) => {
    const { _source, default_compute: compute, default_datastore: datastore, ...rest } = part(value)
    return withValues([
      ...Object.entries(rest),
      ['default_compute', compute === undefined || compute === null ? undefined : assetName(compute)],
      ['default_datastore', datastore === undefined || datastore === null ? undefined : assetName(datastore)],
    ])
  }),
})

/** A step: references short, bindings as they are written in YAML. */
function node(value: unknown): unknown {
  const {
    _source,
    name: _name,
    componentId,
    computeId,
    inputs,
    outputs,
    trial,
    limits: bounds,
    resources: machine,
    distribution: ranks,
    ...rest
  } = part(value)
  const { job_limits_type: _limits, ...limitMembers } = part(bounds)
  const { distribution_type: ranksType, ...rankMembers } = part(ranks)
  return withValues([
    ...Object.entries(rest),
    ['component', componentId === undefined ? undefined : shortReference(componentId)],
    ['trial', trial === undefined ? undefined : shortReference(part(trial)['componentId'] ?? '')],
    ['compute', computeId === undefined || computeId === null ? undefined : computeReference(computeId)],
    ['inputs', inputs === undefined ? undefined : mapped(nodeInput)(inputs)],
    ['outputs', outputs === undefined ? undefined : mapped(nodeOutput)(outputs)],
    ['limits', bounds === undefined ? undefined : limitMembers],
    ['resources', machine],
    ['distribution', ranks === undefined ? undefined : { type: lower(ranksType ?? rankMembers['type'] ?? ''), ...rankMembers }],
  ])
}

function nodeInput(value: unknown): unknown {
  const input = part(value)
  const literal = jobInput(value)
  const isBinding = typeof literal === 'string' && literal.includes('${{')
  if (!isBinding) return literal
  return withValues([
    ['path', literal],
    ['mode', input['mode'] === undefined ? undefined : modeOf(input['mode'])],
  ])
}

function nodeOutput(value: unknown): unknown {
  const output = part(value)
  if (typeof output['value'] === 'string') return output['value']
  return jobOutput(value)
}

/** Kinds that are printed with their members renamed, nothing more. */
function further(wire: Wire): Entity {
  const { jobType, ...properties } = part(wire['properties'])
  return { ...part(snakeKeys(properties)), ...table(shared)(wire), type: lower(jobType ?? '') }
}

/** @see azure.ai.ml._schema.job, azure.ai.ml._schema.pipeline */
export function jobEntity(wire: Wire): Entity {
  switch (lower(part(wire['properties'])['jobType'] ?? '')) {
    case 'command':
      return command(wire)
    case 'pipeline':
      return pipeline(wire)
    case 'sweep':
      return sweep(wire)
    default:
      return further(wire)
  }
}
