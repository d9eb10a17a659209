import { codeId, computeId } from './references.ts'
import { environmentId } from './environments.ts'
import { automlJob } from './automl-job.ts'
import { commandLimits, distribution, jobResources, jobShape, queueSettings } from './job-parts.ts'
import { pipelineJob } from './pipeline-job.ts'
import { as, mapOf, needed, type Run, type Shape, text, texts, translate, unsent } from './shape.ts'
import { sparkJob } from './spark.ts'
import { earlyTermination, objective, samplingAlgorithm, searchSpaceEntry, sweepLimits } from './sweep-parts.ts'
import { camel, plain } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

const jobTypes = ['command', 'pipeline', 'sweep', 'spark', 'automl', 'parallel'] as const

/** The `properties` of a job of any kind: `type` decides, else its structure. */
export async function jobProperties(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const type = node.get('type')
  const kind = type?.oneOf(jobTypes) ?? structureOf(node)
  const properties = await translators[kind](node, run)
  return { isArchived: false, tags: {}, properties: {}, ...properties }
}

function structureOf(node: YamlNode): (typeof jobTypes)[number] {
  if (node.get('jobs') !== undefined || node.get('component') !== undefined) return 'pipeline'
  if (node.get('trial') !== undefined) return 'sweep'
  if (node.get('task') !== undefined) return node.get('training_data') === undefined ? 'parallel' : 'automl'
  return node.get('entry') !== undefined ? 'spark' : 'command'
}

const translators: Readonly<Record<(typeof jobTypes)[number], (node: YamlNode, run: Run) => Promise<Record<string, unknown>>>> = {
  command: commandJob,
  sweep: sweepJob,
  pipeline: pipelineJob,
  spark: sparkJob,
  automl: automlJob,
  parallel: async (node) => {
    throw (node.get('type') ?? node).fail("a parallel job is a step of a pipeline; put it under 'jobs' of one.")
  },
}

/** What runs: command line, code, environment. Shared by command jobs and the trials of sweeps. */
const commandShape: Shape = {
  command: needed(text),
  code: as('codeId', (node, { assets }) => codeId(node, assets)),
  environment: needed(as('environmentId', environmentId)),
  environment_variables: texts,
  resources: jobResources,
  distribution: distribution(camel),
}

async function commandJob(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const shape: Shape = {
    ...jobShape,
    ...commandShape,
    limits: commandLimits(camel),
    queue_settings: queueSettings(camel),
    parent_job_name: unsent,
  }
  return { jobType: 'Command', inputs: {}, outputs: {}, environmentVariables: {}, ...(await translate(node, shape, run)) }
}

async function sweepJob(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const compute = node.get('trial')?.get('compute')
  const shape: Shape = {
    ...jobShape,
    trial: needed((trial, context) => translate(trial, { ...commandShape, ...unsentInTrials }, context)),
    sampling_algorithm: samplingAlgorithm,
    search_space: mapOf(searchSpaceEntry),
    objective: needed(objective(camel)),
    early_termination: earlyTermination(camel),
    limits: needed(sweepLimits),
    queue_settings: queueSettings(camel),
    resources: jobResources,
  }
  const properties = await translate(node, shape, run)
  return {
    jobType: 'Sweep',
    inputs: {},
    outputs: {},
    samplingAlgorithm: { samplingAlgorithmType: 'Random' },
    computeId: compute === undefined ? undefined : await computeId(compute, run),
    ...properties,
    trial: { environmentVariables: {}, ...(plain(properties['trial']) ? properties['trial'] : {}) },
  }
}

const unsentInTrials: Shape = {
  type: unsent,
  compute: unsent,
  name: unsent,
  display_name: unsent,
  description: unsent,
  inputs: unsent,
  outputs: unsent,
}

/** A name that nobody has: word, dash, eight hexadecimal digits. */
export function newJobName(base: string, randomHex: string): string {
  const word =
    base
      .replace(/[^A-Za-z0-9-]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'job'
  return `${word}-${randomHex.slice(0, 8)}`
}
