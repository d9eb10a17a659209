import { automlNode } from './automl-job.ts'
import { boundTo, checkBindings, literalTypeOf, optionalInputs } from './bindings.ts'
import {
  anonymousComponent,
  bytesOf,
  codeText,
  type Component,
  type ComponentResolver,
  environmentText,
  parallelShape,
} from './component-parts.ts'
import { isBinding, nodeInputs, nodeOutputs, typeOf } from './job-io.ts'
import {
  commandLimits,
  componentDistribution,
  distribution,
  identity,
  nodeResources,
  queueSettings,
  services,
} from './job-parts.ts'
import { controlNode, controlTypes, type ControlType } from './control-steps.ts'
import { computeId } from './references.ts'
import { as, needed, raw, type Run, type Shape, text, texts, translate, unsent } from './shape.ts'
import { gatherConf, sparkEntry, sparkEntryFile, sparkResources, sparkShape } from './spark.ts'
import { earlyTermination, objective, samplingAlgorithmNode, searchSpaceNode, sweepLimitsNode } from './sweep-parts.ts'
import { mapOf } from './shape.ts'
import { compact, literalOf, literalTypes, modeWord, plain, snake } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

const runTypes = ['command', 'pipeline', 'sweep', 'parallel', 'spark'] as const
/** Types of steps that run a component. */
type RunType = (typeof runTypes)[number]
const stepTypes = [...runTypes, 'automl', ...controlTypes] as const
type StepType = (typeof stepTypes)[number]
type Spec = Readonly<Record<string, unknown>>

/** What the steps of one pipeline know of each other. */
interface Pipeline {
  readonly owner: YamlNode
  /** Components of the steps translated so far, by step; a step that comes later is read from the file. */
  readonly specs: Map<string, Spec>
}

export interface PipelineSteps {
  /** The `jobs` of a pipeline job or pipeline component. */
  readonly jobs: Readonly<Record<string, unknown>>
  /** Inputs of the pipeline that only optional inputs of components are bound to. */
  readonly optionalInputs: ReadonlySet<string>
}

/** The steps of a pipeline job or pipeline component. @throws YamlError */
export async function pipelineSteps(owner: YamlNode, run: Run, componentOf: ComponentResolver): Promise<PipelineSteps> {
  const steps = owner.need('jobs')
  checkBindings(owner, steps)
  const pipeline: Pipeline = { owner, specs: new Map() }
  const components = new Map<string, Component>()
  // Components of files first: the types of inline steps follow from them.
  for (const [name, step] of steps.entries()) {
    const reference = step.get('component') ?? step.get('trial')
    if (reference === undefined || typeOfStep(step) === 'automl') continue
    const component = await componentOf(reference, run)
    components.set(name, component)
    if (component.spec !== undefined) pipeline.specs.set(name, component.spec)
  }
  const result: Record<string, unknown> = {}
  for (const [name, step] of steps.entries()) {
    const type = typeOfStep(step)
    if (type === 'automl') result[name] = { name, ...(await automlNode(step, run)) }
    else if (isControl(type)) result[name] = await controlNode(step, type, run)
    else
      result[name] = await pipelineStep(
        step,
        { type, name },
        components.get(name) ?? (await inlineComponent(step, type, pipeline, run)),
        run,
      )
  }
  return { jobs: result, optionalInputs: optionalInputs(steps, pipeline.specs) }
}

function isControl(type: StepType): type is ControlType {
  return controlTypes.some((known) => known === type)
}

function typeOfStep(step: YamlNode): StepType {
  const type = step.get('type')
  if (type !== undefined) return type.oneOf(stepTypes)
  return step.get('trial') === undefined ? 'command' : 'sweep'
}

const nodeShape: Shape = {
  $schema: unsent,
  type: unsent,
  name: unsent,
  display_name: text,
  description: unsent,
  experiment_name: unsent,
  tags: texts,
  properties: texts,
  comment: text,
  compute: as('computeId', computeId),
  component: unsent,
  inputs: nodeInputs,
  outputs: nodeOutputs,
  is_deterministic: unsent,
}

const ownShapes: Readonly<Record<RunType, Shape>> = {
  command: {
    command: unsent,
    code: unsent,
    environment: unsent,
    environment_variables: texts,
    resources: nodeResources,
    distribution: distribution(snake),
    limits: commandLimits(snake),
    identity: identity(snake),
    services: services(snake),
    queue_settings: queueSettings(snake),
  },
  pipeline: { settings: unsent, jobs: unsent },
  sweep: {
    trial: needed(unsent),
    sampling_algorithm: samplingAlgorithmNode,
    search_space: mapOf(searchSpaceNode),
    objective: needed(objective(snake)),
    limits: needed(sweepLimitsNode),
    early_termination: earlyTermination(snake),
    queue_settings: queueSettings(snake),
    resources: nodeResources,
    identity: identity(snake),
  },
  parallel: {
    ...parallelShape,
    mini_batch_size: bytesOf,
    environment_variables: texts,
    environment: unsent,
    identity: identity(snake),
  },
  spark: {
    ...sparkShape,
    code: unsent,
    environment: unsent,
    entry: sparkEntry(snake),
    resources: sparkResources(snake),
    identity: identity(snake),
  },
}

async function pipelineStep(
  step: YamlNode,
  { type, name }: { type: RunType; name: string },
  component: Component,
  run: Run,
): Promise<Record<string, unknown>> {
  const members = await translate(step, { ...nodeShape, ...ownShapes[type] }, run, snake)
  const inherited = component.spec === undefined ? {} : inheritedBy[type](component.spec)
  const own = type === 'spark' ? sparkMembers(members, step, component.spec) : members
  return dropEmpty({
    ...inherited,
    ...own,
    inputs: type === 'sweep' ? own['inputs'] : declaredInputs(step, own['inputs'], component.spec, run),
    name,
    type,
    ...(type === 'sweep' ? { trial: { componentId: component.id } } : { componentId: component.id }),
    _source: component.source,
  })
}

/** A Spark step adds to the `conf` of its component, and runs as the compute or the user where it names no identity. */
function sparkMembers(members: Spec, step: YamlNode, spec: Spec | undefined): Record<string, unknown> {
  const gathered = gatherConf(members)
  const conf = { ...(plain(spec?.['conf']) ? spec['conf'] : {}), ...(plain(gathered['conf']) ? gathered['conf'] : {}) }
  const identityType = step.get('compute') === undefined ? 'UserIdentity' : 'Managed'
  if (isOn(conf['spark.dynamicAllocation.enabled']))
    conf['spark.executor.instances'] ??= conf['spark.dynamicAllocation.minExecutors']
  return { identity: { identity_type: identityType }, ...gathered, conf: compact(conf) }
}

const isOn = (value: unknown): boolean => String(value).toLowerCase() === 'true'

/** Inputs that the component declares; others are left out with a warning, as the original does without one. */
function declaredInputs(step: YamlNode, found: unknown, spec: Spec | undefined, run: Run): unknown {
  const declared = spec?.['inputs']
  if (!plain(found) || spec === undefined) return found
  const names = plain(declared) ? Object.keys(declared) : []
  const known = (name: string): boolean =>
    names.some((other) => other === name || other.startsWith(`${name}.`) || name.startsWith(`${other}.`))
  for (const name of Object.keys(found)) if (!known(name)) run.warnings.push(step.need('inputs').unknownKey(name, names))
  return Object.fromEntries(Object.entries(found).filter(([name]) => known(name)))
}

/** Nodes carry no empty maps and lists. */
function dropEmpty(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && !(plain(value) && Object.keys(value).length === 0)),
  )
}

/** What a node takes from its component where it says nothing itself. */
const inheritedBy: Readonly<Record<RunType, (spec: Spec) => Spec>> = {
  command: (spec) => compact({ resources: spec['resources'], distribution: nodeDistribution(spec['distribution']) }),
  pipeline: () => ({}),
  sweep: () => ({}),
  parallel: (spec) =>
    compact({
      task: spec['task'],
      input_data: spec['input_data'],
      mini_batch_size: spec['mini_batch_size'] === undefined ? undefined : Number(spec['mini_batch_size']),
      partition_keys: spec['partition_keys'],
      max_concurrency_per_instance: spec['max_concurrency_per_instance'],
      mini_batch_error_threshold: spec['mini_batch_error_threshold'],
      resources: spec['resources'],
    }),
  spark: (spec) =>
    compact({
      conf: spec['conf'],
      args: spec['args'],
      py_files: spec['py_files'],
      jars: spec['jars'],
      files: spec['files'],
      archives: spec['archives'],
      entry: entryOf(spec['entry']),
    }),
}

function nodeDistribution(value: unknown): unknown {
  if (!plain(value)) return undefined
  const { type, ...rest } = value
  const words: Readonly<Record<string, string>> = { pytorch: 'PyTorch', tensorflow: 'TensorFlow', mpi: 'Mpi', ray: 'Ray' }
  return { ...rest, distribution_type: words[String(type)] }
}

function entryOf(value: unknown): unknown {
  if (!plain(value)) return undefined
  return { spark_job_entry_type: 'file' in value ? 'SparkJobPythonEntry' : 'SparkJobScalaEntry', ...value }
}

/** The component that an inline step stands for: its inputs take their types from what is bound to them. */
async function inlineComponent(step: YamlNode, type: RunType, pipeline: Pipeline, run: Run): Promise<Component> {
  if (type === 'pipeline') throw step.fail("a step of type pipeline needs a 'component'.", 'key')
  const members = await translate(step, { ...inlineShape, ...inlineShapes[type] }, run, snake)
  const spec = compact({
    ...(type === 'spark' ? gatherConf(members) : members),
    type,
    is_deterministic: true,
    inputs: await inlinePorts(step.get('inputs'), pipeline, run),
    outputs: await inlinePorts(step.get('outputs'), pipeline, run),
    _source: 'YAML.JOB',
  })
  pipeline.specs.set(step.name, spec)
  return anonymousComponent(spec, run)
}

/** Of a step that is written in place, the component takes what runs; the rest is the node's. */
const inlineShape: Shape = {
  ...Object.fromEntries(Object.keys(nodeShape).map((key) => [key, unsent])),
  description: text,
  tags: texts,
}
const inlineShapes: Readonly<Record<Exclude<RunType, 'pipeline'>, Shape>> = {
  command: {
    ...Object.fromEntries(Object.keys(ownShapes.command).map((key) => [key, unsent])),
    command: needed(text),
    code: codeText,
    environment: needed(environmentText),
    resources: nodeResources,
    distribution: componentDistribution,
  },
  sweep: {},
  parallel: {
    ...parallelShape,
    environment_variables: unsent,
    environment: unsent,
    identity: unsent,
    tags: unsent,
    description: unsent,
  },
  spark: {
    ...sparkShape,
    entry: needed(sparkEntryFile),
    code: codeText,
    environment: environmentText,
    resources: unsent,
    identity: unsent,
  },
}

async function inlinePorts(node: YamlNode | undefined, pipeline: Pipeline, run: Run): Promise<Spec | undefined> {
  const ports: Record<string, unknown> = {}
  for (const [name, entry] of node?.entries() ?? []) ports[name] = await inlinePort(entry, pipeline, run)
  return Object.keys(ports).length === 0 ? undefined : ports
}

async function inlinePort(entry: YamlNode, { owner, specs }: Pipeline, run: Run): Promise<unknown> {
  if (entry.value === null) return { type: 'uri_folder' }
  if (!entry.isMapping()) {
    if (isBinding(entry.value)) return boundTo(owner, entry.value, specs)
    return { type: literalTypeOf(entry.value), default: literalOf(entry) }
  }
  const shape: Shape = {
    ...Object.fromEntries(
      ['type', 'path', 'name', 'version', 'value', 'datastore', 'path_on_compute', 'early_available'].map((key) => [key, unsent]),
    ),
    mode: modeWord,
    description: text,
    optional: raw,
    default: (node: YamlNode) => literalOf(node),
  }
  return { type: typeOf(entry, literalTypes), ...(await translate(entry, shape, run, snake)) }
}
