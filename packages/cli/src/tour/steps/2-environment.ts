import { join } from 'node:path'
import { createRemoteAssets } from '../../remote-assets.ts'
import { loadResource } from '../../yaml/load-resource.ts'
import type { Guide } from '../guide.ts'
import { find, waitFor } from '../wait.ts'

interface Build {
  readonly state: string
  readonly tool?: string | null
  readonly seconds?: number | null
  readonly packages?: readonly unknown[]
  readonly error?: string | null
  readonly logTail?: string
}

const buildTimeoutMs = 30 * 60_000

/** Step 2: the conda file is registered in each workspace and built once; the cache is by content, so dev, test and prod share it. */
export async function prepareEnvironment(guide: Guide): Promise<string> {
  const { dev, test, prod } = guide.places
  for (const workspace of [dev, test, prod]) await register(guide, workspace)
  const version = `${dev}/environments/flights/versions/1`
  await guide.admin.request('POST', `${version}/build`, { body: {} })
  const build = await waitFor(guide, 'The environment', { timeoutMs: buildTimeoutMs }, async () => {
    const found = await find<Build>(guide.admin, `${version}/build`)
    if (found?.state === 'Failed')
      throw new Error(`The environment could not be built: ${found.error ?? ''}\n${found.logTail ?? ''}`)
    const line = found?.logTail?.trimEnd().split('\n').at(-1)
    if (line !== undefined && line !== '') guide.say(line.slice(0, 100))
    return found?.state === 'Succeeded' ? found : undefined
  })
  guide.note(`${build.packages?.length ?? 0} packages locked by ${build.tool ?? 'pip'}`)
  return guide.studioOf(dev, '/environments/flights/1')
}

async function register(guide: Guide, workspace: string): Promise<void> {
  const id = `${workspace}/environments/flights/versions/1`
  if ((await find(guide.admin, id)) !== undefined) return
  const assets = createRemoteAssets(guide.admin, workspace)
  const overrides = { name: 'flights', version: '1' }
  const { body } = await loadResource('environment', join(guide.example, 'environment.yml'), assets, { overrides })
  await guide.admin.put(id, body)
}
