import type { Guide } from '../guide.ts'
import { releasePage } from '../release.ts'

/** Step 9: what happened, where to look, what to try. */
export async function summarise(
  guide: Guide,
  steps: readonly { readonly name: string; readonly title: string }[],
): Promise<string> {
  const { dev, prod, endpointName, modelName } = guide.places
  const { completed, jobs } = guide.store.state
  const total = Object.values(completed).reduce((sum, seconds) => sum + seconds, 0)
  const times = steps.map(
    (step, index) => `  ${index + 1}  ${step.title.padEnd(72)} ${(completed[step.name] ?? 0).toFixed(1).padStart(7)} s`,
  )
  const training = jobs['flight-delay-training'] ?? ''
  return [
    '',
    `The tour is complete: a model was trained, gated, released, caught drifting, retrained and released again (${total.toFixed(0)} s).`,
    ...times,
    '',
    'Where to look',
    `  training        ${guide.studioOf(dev, `/jobs/${training}`)}`,
    `  model versions  ${guide.studioOf(dev, `/models/${modelName}`)}`,
    `  second release  ${releasePage(guide, '2')}`,
    `  endpoint        ${guide.studioOf(prod, `/endpoints/${endpointName}`)}`,
    `  drift           ${guide.studioOf(prod, '/monitors/flight-delay-monitor')}`,
    `  who did what    ${guide.studio('/activity')}`,
    '',
    'Five commands to try',
    '  fulcrum release list -o table',
    '  fulcrum job create -f examples/flights/pipeline.yml --set inputs.trees=60 --stream -g rg-flights-dev -w mlw-flights-dev',
    `  fulcrum endpoint invoke ${endpointName} --request-file examples/flights/score-request.json -g rg-flights-prod -w mlw-flights-prod`,
    '  fulcrum audit verify',
    '  eval "$(fulcrum env -g rg-flights-dev -w mlw-flights-dev)"   # then any MLflow client',
    '',
  ].join('\n')
}
