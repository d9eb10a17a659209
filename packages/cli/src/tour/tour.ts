import { readConnection, type Connection } from '../connection.ts'
import { readEnvironment, type CliEnvironment } from '../environment.ts'
import { Progress } from '../output/progress.ts'
import { createGuide, type Guide } from './guide.ts'
import { openTourStore } from './state.ts'
import { applyInstance } from './steps/1-instance.ts'
import { prepareEnvironment } from './steps/2-environment.ts'
import { importData } from './steps/3-data.ts'
import { trainModel } from './steps/4-pipeline.ts'
import { passGateOne } from './steps/5-gate-one.ts'
import { stageModel } from './steps/6-staging.ts'
import { releaseBlue } from './steps/7-production.ts'
import { watchAndRetrain } from './steps/8-retraining.ts'
import { summarise } from './steps/9-summary.ts'

interface TourStep {
  readonly name: string
  readonly title: string
  /** @returns the studio page where its result can be seen */
  readonly run: (guide: Guide) => Promise<string>
}

const steps: readonly TourStep[] = [
  { name: 'instance', title: 'Instance: dev, test, prod and shrd from examples/flights/instance.yml', run: applyInstance },
  { name: 'environment', title: 'Python environment: resolved, locked, cached by content', run: prepareEnvironment },
  { name: 'data', title: 'Data: flights and weather of 2013 become versioned assets', run: importData },
  { name: 'pipeline', title: 'Training in dev on January to March', run: trainModel },
  { name: 'gate-1', title: 'Gate 1: the project lead decides on the evidence', run: passGateOne },
  { name: 'staging', title: 'Staging in test, and gate 2 by somebody else', run: stageModel },
  { name: 'production', title: 'Production: blue deployment, traffic of April to July', run: releaseBlue },
  { name: 'retraining', title: 'Drift is found, the model retrained, gated and rolled out', run: watchAndRetrain },
]

/** Runs the tour on a data directory that has not had it, or finishes one that was interrupted. */
export async function runTourOnce(environment: CliEnvironment, signal: AbortSignal): Promise<void> {
  const store = await openTourStore(environment.dataDirectory)
  if (steps.every((step) => store.state.completed[step.name] !== undefined)) return
  await runTour({ ...(await readConnection(environment)) }, environment, signal)
}

/** `fulcrum tour`: goes on where it stopped; when it is complete, prints its summary again. */
export async function tourCommand(): Promise<void> {
  const environment = readEnvironment()
  const canceled = new AbortController()
  process.once('SIGINT', () => canceled.abort(new Error('Interrupted; `fulcrum tour` goes on here.')))
  await runTour(await readConnection(environment), environment, canceled.signal)
}

async function runTour(connection: Connection, environment: CliEnvironment, signal: AbortSignal): Promise<void> {
  const store = await openTourStore(environment.dataDirectory)
  const progress = new Progress()
  const guide = createGuide(connection, store, progress, signal)
  for (const [index, step] of steps.entries()) {
    if (store.state.completed[step.name] !== undefined) continue
    progress.start(`${index + 1}/9 ${step.title}`)
    const startedAt = Date.now()
    try {
      const page = await step.run(guide)
      store.state.completed[step.name] = (store.state.spent[step.name] ?? 0) + (Date.now() - startedAt) / 1000
      await store.save()
      progress.succeed()
      process.stdout.write(`      ${page}\n`)
    } catch (error) {
      progress.fail()
      store.state.spent[step.name] = (store.state.spent[step.name] ?? 0) + (Date.now() - startedAt) / 1000
      await store.save()
      throw error
    }
  }
  process.stdout.write(await summarise(guide, steps))
}
