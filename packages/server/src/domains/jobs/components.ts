import { invalid, isWithinScope, parseArmId, type JobProperties } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResources, listResources } from '../../kernel/resources/index.ts'
import { trialOf } from './component-members.ts'
import { findSourceJob } from './component-of-job.ts'
import { canonicalAssetId } from '../storage/index.ts'
import { workspaceIdOf } from './job-ids.ts'
import type { ComponentSpec } from './plan-types.ts'

const versionType = 'Microsoft.MachineLearningServices/workspaces/components/versions'

/**
 * The specs of all components that a pipeline names, nested ones included, by reference as written (lower case).
 * Understands `{workspace}/components/N/versions/V`, `…/N/labels/default`, `azureml:N:V` and `azureml:N@latest`.
 * @throws InvalidRequestContent a component of another workspace
 */
export async function loadComponents(
  db: Executor,
  _ctx: Context,
  workspaceId: string,
  properties: JobProperties,
): Promise<Map<string, ComponentSpec>> {
  const specs = new Map<string, ComponentSpec>()
  let wanted = new Set([...(properties.componentId ? [properties.componentId] : []), ...referencesOf(properties.jobs)])
  for (let depth = 0; wanted.size > 0 && depth < 10; depth += 1) {
    const next = new Set<string>()
    for (const [reference, spec] of await findSpecs(db, workspaceId, [...wanted])) {
      specs.set(reference.toLowerCase(), spec)
      for (const inner of referencesOf(spec['jobs'])) if (!specs.has(inner.toLowerCase())) next.add(inner)
    }
    wanted = next
  }
  return specs
}

function referencesOf(nodes: unknown): string[] {
  if (typeof nodes !== 'object' || nodes === null) return []
  return Object.values(nodes as Record<string, Record<string, unknown>>).flatMap((node) => {
    const reference = node['componentId'] ?? node['component'] ?? trialOf(node)
    return typeof reference === 'string' ? [reference] : []
  })
}

async function findSpecs(db: Executor, workspaceId: string, references: readonly string[]): Promise<[string, ComponentSpec][]> {
  const ids = new Map<string, string>()
  for (const reference of references) ids.set(reference, await versionIdOf(db, workspaceId, reference))
  const found = await findResources(db, [...new Set(ids.values())])
  const byId = new Map(
    found.map((resource) => [resource.id.toLowerCase(), resource.properties['componentSpec'] as ComponentSpec]),
  )
  const specs: [string, ComponentSpec][] = []
  for (const [reference, id] of ids) {
    const spec = byId.get(id.toLowerCase())
    if (spec !== undefined) specs.push([reference, await withSteps(db, workspaceId, spec)])
  }
  return specs
}

/** A component that was made from a job has that job's steps. */
async function withSteps(db: Executor, workspaceId: string, spec: ComponentSpec): Promise<ComponentSpec> {
  const source = await findSourceJob(db, workspaceId, spec)
  if (source?.componentId === undefined) return source?.spec ?? spec
  const [found] = await findSpecs(db, workspaceId, [source.componentId])
  return found?.[1] ?? source.spec
}

async function versionIdOf(db: Executor, workspaceId: string, reference: string): Promise<string> {
  const plain = await canonicalAssetId(db, workspaceId, reference)
  const parsed = parseArmId(plain)
  if (parsed !== undefined) {
    if (!isWithinScope(plain, workspaceId) && !/\/providers\/microsoft\.machinelearningservices\/registries\//i.test(plain))
      throw invalid(`Component '${reference}' belongs to another workspace than ${workspaceIdOf(workspaceId)}.`, {
        target: 'componentId',
      })
    const label = /^(.*)\/labels\/(?:default|latest|azureml_default)$/i.exec(plain)
    return label?.[1] === undefined ? plain : newestVersion(db, label[1])
  }
  const named = /^(?:azureml:)?([^:@/]+)(?::([^:@/]+)|@[\w-]+)?$/.exec(reference)
  if (named?.[1] === undefined) return reference
  const container = `${workspaceId}/components/${named[1]}`
  return named[2] === undefined ? newestVersion(db, container) : `${container}/versions/${named[2]}`
}

async function newestVersion(db: Executor, containerId: string): Promise<string> {
  const [newest] = await listResources(db, { type: versionType, parentId: containerId, limit: 1 })
  return newest?.id ?? containerId
}
