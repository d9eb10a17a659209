import { environmentId } from './environments.ts'
import { identity, jobShape } from './job-parts.ts'
import { as, boolean, integer, listOf, mapOf, needed, raw, type Rule, type Run, type Shape, text, translate } from './shape.ts'
import { type Casing, camel, literalOf, plain, snake } from './values.ts'
import { codeId } from './references.ts'
import type { YamlNode } from './yaml-node.ts'

/** Spark members that are short for an entry of `conf`. */
const confKeys: Readonly<Record<string, string>> = {
  driver_cores: 'spark.driver.cores',
  driver_memory: 'spark.driver.memory',
  executor_cores: 'spark.executor.cores',
  executor_memory: 'spark.executor.memory',
  executor_instances: 'spark.executor.instances',
  dynamic_allocation_enabled: 'spark.dynamicAllocation.enabled',
  dynamic_allocation_min_executors: 'spark.dynamicAllocation.minExecutors',
  dynamic_allocation_max_executors: 'spark.dynamicAllocation.maxExecutors',
}
const confShape: Shape = Object.fromEntries(Object.entries(confKeys).map(([key, name]) => [key, as(name, raw)]))

/** The file or class that starts, with the marker that jobs and nodes carry and components do not. */
export const sparkEntry =
  (casing: Casing): Rule =>
  async (node, run) => {
    const entry = await sparkEntryFile(node, run)
    const type = casing('spark_job_entry_type')
    return 'file' in entry
      ? { [type]: 'SparkJobPythonEntry', ...entry }
      : { [type]: 'SparkJobScalaEntry', [casing('class_name')]: entry['class_name'] }
  }

export const sparkEntryFile = (node: YamlNode, run: Run): Promise<Record<string, unknown>> =>
  translate(node, { file: text, class_name: text }, run, snake)

export const sparkResources =
  (casing: Casing): Rule =>
  (node, run) =>
    translate(node, { instance_type: text, runtime_version: literalOf, instance_count: integer }, run, casing)

/** What a Spark job runs; the same in jobs, nodes and components but for the entry, the code and the environment. */
export const sparkShape: Shape = {
  py_files: listOf(text),
  jars: listOf(text),
  files: listOf(text),
  archives: listOf(text),
  conf: mapOf(raw),
  args: text,
  ...confShape,
}

/** Gathers the members that belong to `conf` there. */
export function gatherConf(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const conf = { ...(plain(members['conf']) ? members['conf'] : {}) }
  const rest: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(members)) {
    if (key === 'conf') continue
    if (key.startsWith('spark.')) conf[key] = value
    else rest[key] = value
  }
  return Object.keys(conf).length === 0 ? rest : { ...rest, conf }
}

/** The `properties` of a standalone Spark job. */
export async function sparkJob(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const shape: Shape = {
    ...jobShape,
    ...sparkShape,
    entry: needed(sparkEntry(camel)),
    code: as('codeId', (code, { assets }) => codeId(code, assets)),
    environment: as('environmentId', environmentId),
    identity: identity(camel),
    resources: sparkResources(camel),
    services: boolean,
  }
  const { conf, ...rest } = gatherConf(await translate(node, shape, run))
  // Without an identity of its own the job runs as the compute, or as the user where there is none.
  const identityType = node.get('compute') === undefined ? 'UserIdentity' : 'Managed'
  return { jobType: 'Spark', inputs: {}, outputs: {}, identity: { identityType }, ...rest, conf: textsOf(conf) }
}

/** The wire holds text only. */
function textsOf(conf: unknown): Record<string, string> {
  if (!plain(conf)) return {}
  return Object.fromEntries(
    Object.entries(conf).map(([key, value]) => [key, value === true ? 'True' : value === false ? 'False' : String(value)]),
  )
}
