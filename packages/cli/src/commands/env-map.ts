import type { EnvironmentMapping, EnvironmentPlan, Resource } from '@fulcrum/contract'
import { readFile } from 'node:fs/promises'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession, type Session } from '../session.ts'

const base = (session: Session): string => `/subscriptions/${session.subscriptionId}/providers/Fulcrum.Environments`

/** The operator's mappings; what ships with the platform is in the documentation. */
export async function listMappings(options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const found: unknown[] = []
  for await (const resource of session.client.list(`${base(session)}/mappings`)) {
    const { match, pythonVersion, requirements } = resource.properties as EnvironmentMapping
    found.push({ name: resource.name, match, python: pythonVersion ?? '', requirements: requirements.join(' ') })
  }
  await print(found, options)
}

export interface AddMappingOptions extends GlobalOptions {
  readonly name?: string
  readonly python?: string
  readonly requirement?: readonly string[]
  readonly description?: string
}

/** Says what stands for an environment, image or package; the same name again replaces it. */
export async function addMapping(match: string, options: AddMappingOptions): Promise<void> {
  const session = await openSession(options)
  const { python, description, requirement = [] } = options
  const properties = {
    match,
    requirements: [...requirement],
    ...(python === undefined ? {} : { pythonVersion: python }),
    ...(description === undefined ? {} : { description }),
  }
  const name = options.name ?? nameFor(match)
  await print(
    await session.client.put<Resource>(`${base(session)}/mappings/${encodeURIComponent(name)}`, { properties }),
    options,
  )
}

/** A name that the same subject always gets. */
function nameFor(match: string): string {
  const name = match.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replaceAll(/^[-_.]+|[-.]+$/g, '')
  return name === '' ? 'mapping' : name.slice(0, 200)
}

export async function removeMapping(name: string, options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  await session.client.delete(`${base(session)}/mappings/${encodeURIComponent(name)}`)
  process.stderr.write(`Removed the mapping '${name}'.\n`)
}

/** What an environment would be on the server's host, and how it differs: a reference, an image, or a conda file of this computer. */
export async function testMapping(
  reference: string | undefined,
  options: GlobalOptions & { readonly image?: string; readonly condaFile?: string },
): Promise<void> {
  const session = await openSession(options)
  const { image, condaFile } = options
  const plan = await session.client.post<EnvironmentPlan>(`${base(session)}/testMapping`, {
    ...(reference === undefined ? {} : { reference }),
    ...(image === undefined ? {} : { image }),
    ...(condaFile === undefined ? {} : { condaFile: await readFile(condaFile, 'utf8') }),
  })
  await print(plan, { ...options, output: options.output ?? 'yaml' })
}
