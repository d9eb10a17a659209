import { commandJob } from './command-job.ts'
import { pipelineJob } from './pipeline-job.ts'
import type { WorkspaceAssets } from './workspace-assets.ts'
import type { YamlNode } from './yaml-file.ts'

/** The `properties` of a job of any kind: `type` decides, else its structure. @throws YamlError for kinds that are not offered */
export async function jobProperties(node: YamlNode, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  const type = node.get('type')
  const kind = type?.oneOf(['command', 'pipeline', 'sweep', 'parallel', 'spark', 'automl']) ?? structureOf(node)
  if (kind === 'command') return commandJob(node, assets)
  if (kind === 'pipeline') return pipelineJob(node, assets)
  throw (type ?? node).fail(`jobs of type '${kind}' are not offered; command and pipeline are.`)
}

function structureOf(node: YamlNode): 'command' | 'pipeline' | 'sweep' | 'automl' {
  if (node.get('jobs') !== undefined || node.get('component') !== undefined) return 'pipeline'
  if (node.get('trial') !== undefined) return 'sweep'
  return node.get('task') !== undefined && node.get('training_data') !== undefined ? 'automl' : 'command'
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
