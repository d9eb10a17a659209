import { join } from 'node:path'
import { readYamlFile } from '../../read-yaml-file.ts'
import type { Guide } from '../guide.ts'
import { find, waitFor } from '../wait.ts'

/** Step 1: one file becomes resource groups, workspaces, registry, data lakes, groups, roles and gates. */
export async function applyInstance(guide: Guide): Promise<string> {
  const file = await readYamlFile(join(guide.example, 'instance.yml'))
  guide.say('asking for the instance')
  await guide.admin.request('PUT', guide.places.instance, { body: { properties: file.value } })
  await waitFor(guide, 'The instance', { timeoutMs: 120_000, everyMs: 500 }, async () => {
    const instance = await find(guide.admin, guide.places.instance)
    const steps = instance?.properties['steps']
    if (Array.isArray(steps)) {
      const running = (steps as { title?: string; state?: string }[]).find(
        (step) => step.state === 'Running' || step.state === 'Pending',
      )
      if (running?.title !== undefined) guide.say(running.title)
    }
    const state = String(instance?.properties['provisioningState'])
    if (state === 'Failed') throw new Error(`The instance could not be made: ${JSON.stringify(steps)}`)
    return state === 'Succeeded' ? true : undefined
  })
  return guide.studio('/home')
}
