import { join } from 'node:path'
import { createRemoteAssets } from '../../remote-assets.ts'
import { loadJob } from '../../yaml/load-resource.ts'
import { OutcomeError } from '../../cli-errors.ts'
import type { Guide } from '../guide.ts'
import { find, runJob } from '../wait.ts'

/** Step 4: Ana submits pipeline.yml; its last step registers the model. */
export async function trainModel(guide: Guide): Promise<string> {
  const { dev, modelName } = guide.places
  const ana = await guide.as('ana')
  const job = await runJob(guide, ana, {
    workspaceId: dev,
    purpose: 'flight-delay-training',
    properties: async () => loadJob(join(guide.example, 'pipeline.yml'), createRemoteAssets(ana, dev)),
  })
  const model = await find(ana, `${dev}/models/${modelName}/versions/1`)
  if (model === undefined)
    throw new OutcomeError(`Pipeline '${job.name}' is complete, but there is no version 1 of model '${modelName}'.`)
  guide.store.state.facts['trainingJob'] = job.name
  guide.note(`model ${modelName} version 1 registered, digest ${String(model.properties['digest'] ?? '').slice(0, 19)}`)
  return guide.studioOf(dev, `/jobs/${job.name}`)
}
