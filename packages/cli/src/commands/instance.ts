import type { Resource } from '@fulcrum/contract'
import { OutcomeError } from '../cli-errors.ts'
import { Progress } from '../output/progress.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'
import { readYamlFile } from '../read-yaml-file.ts'
import { YamlNode } from '../yaml/yaml-node.ts'

interface Step {
  readonly title?: string
  readonly state?: string
  readonly message?: string
}

/** Makes the platform what an `instance.yml` says; safe to repeat. */
export async function applyInstance(options: GlobalOptions & { file: string; set?: readonly string[] }): Promise<void> {
  const session = await openSession(options)
  const node = new YamlNode(await readYamlFile(options.file, options.set))
  const id = `/subscriptions/${session.subscriptionId}/providers/Fulcrum.Platform/instances/${node.need('name').text()}`
  const progress = new Progress(process.stderr)
  progress.start(`Instance ${node.need('name').text()}`)
  await session.client.request('PUT', id, { body: { properties: node.value } })
  for (;;) {
    const instance = await session.client.get(id)
    const steps = stepsOf(instance)
    const running = steps.find((step) => step.state === 'Running' || step.state === 'Pending')
    if (running?.title !== undefined) progress.detail(running.title)
    const state = String(instance.properties['provisioningState'])
    if (state === 'Succeeded') {
      progress.succeed()
      return print(steps, options)
    }
    if (state === 'Failed') {
      progress.fail()
      throw new OutcomeError(steps.find((step) => step.state === 'Failed')?.message ?? 'The instance could not be made.')
    }
    await session.client.delay(500)
  }
}

function stepsOf(instance: Resource): Step[] {
  const steps = instance.properties['steps']
  return Array.isArray(steps) ? (steps as Step[]) : []
}
