import { existsSync } from 'node:fs'
import { builtCommand } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, visit, type Visit } from './support/browser.ts'
import { lookFromAllSides } from './support/look.ts'
import { startTourWorld, type TourWorld } from './support/tour-world.ts'

/** A page of the studio, and what of the tour must be on it. */
interface Stop {
  readonly name: string
  readonly path: string
  readonly shows: readonly (string | RegExp)[]
}

const dev = '/w/rg-flights-dev/mlw-flights-dev'
const prod = '/w/rg-flights-prod/mlw-flights-prod'
const release = '/releases/rg-flights-shrd/flight-delay-2'

const stopsOf = ({ pipeline, trainStep }: TourWorld): readonly Stop[] => [
  { name: 'home', path: '/home', shows: ['flights', 'mlw-flights-prod'] },
  { name: 'pipelines', path: `${dev}/pipelines`, shows: [/Completed/] },
  { name: 'pipeline', path: `${dev}/jobs/${pipeline}`, shows: ['prepare', 'train', 'evaluate', 'register'] },
  { name: 'pipeline-reuse', path: `${dev}/jobs/${pipeline}?tab=reuse`, shows: ['prepare'] },
  { name: 'train', path: `${dev}/jobs/${trainStep}`, shows: [/Completed/] },
  { name: 'train-logs', path: `${dev}/jobs/${trainStep}?tab=logs`, shows: [/\S/] },
  { name: 'train-metrics', path: `${dev}/jobs/${trainStep}?tab=metrics`, shows: [/training_loss/] },
  { name: 'data-rows', path: `${dev}/data/flights-by-month/1`, shows: ['month'] },
  { name: 'data-profile', path: `${dev}/data/flights-by-month/1?tab=profile`, shows: ['month'] },
  { name: 'environment', path: `${dev}/environments/flights/1`, shows: [/Succeeded/] },
  { name: 'environment-packages', path: `${dev}/environments/flights/1?tab=packages`, shows: ['scikit-learn'] },
  { name: 'model', path: `${dev}/models/flight-delay/2`, shows: [/sha256/] },
  { name: 'model-metrics', path: `${dev}/models/flight-delay/2?tab=metrics`, shows: [/auc/i] },
  { name: 'model-lineage', path: `${dev}/models/flight-delay/2?tab=lineage`, shows: ['flight-delay'] },
  { name: 'endpoints', path: `${prod}/endpoints`, shows: ['flight-delay'] },
  { name: 'endpoint', path: `${prod}/endpoints/flight-delay`, shows: ['blue', 'green', '100 %'] },
  { name: 'endpoint-test', path: `${prod}/endpoints/flight-delay?tab=test`, shows: ['Request', 'hour'] },
  { name: 'endpoint-consume', path: `${prod}/endpoints/flight-delay?tab=consume`, shows: [/curl/] },
  { name: 'endpoint-metrics', path: `${prod}/endpoints/flight-delay?tab=metrics`, shows: [/request/i] },
  { name: 'endpoint-logs', path: `${prod}/endpoints/flight-delay?tab=logs`, shows: [/\S/] },
  { name: 'endpoint-collected', path: `${prod}/endpoints/flight-delay?tab=collected`, shows: [/model_inputs/] },
  { name: 'monitors', path: `${prod}/monitors`, shows: [/Breached/, 'temp'] },
  { name: 'monitor', path: `${prod}/monitors/flight-delay-monitor`, shows: [/breach/i] },
  { name: 'monitor-runs', path: `${prod}/monitors/flight-delay-monitor?tab=runs`, shows: [/Completed|breach/i] },
  { name: 'releases', path: '/releases', shows: ['flight-delay-1', 'flight-delay-2'] },
  { name: 'release', path: release, shows: ['gate-1', 'lena', 'theo'] },
  { name: 'release-evidence', path: `${release}?tab=evidence`, shows: [/fairness/] },
  { name: 'release-rollout', path: `${release}?tab=rollout`, shows: [/Released/] },
  { name: 'release-history', path: `${release}?tab=history`, shows: [/proposed/] },
  { name: 'registry', path: '/registries/rg-flights-shrd/mlr-flights', shows: ['flight-delay'] },
  { name: 'activity', path: '/activity', shows: ['releases.released'] },
  { name: 'access', path: `${prod}/access`, shows: ['Owner'] },
]

/** Pictures and axe narrow as well. */
const mainStops = new Set(['home', 'pipeline', 'data-rows', 'model', 'endpoint', 'monitor', 'release', 'release-rollout'])

describe.skipIf(!hasBrowser || !existsSync(builtCommand))('after the tour (needs the build)', () => {
  let world: TourWorld
  beforeAll(async () => {
    world = await startTourWorld()
  }, 1_200_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  it('every page shows what happened, wide and narrow, light and dark, without errors and serious findings of axe', async () => {
    await using visitor = await visit(world)
    await visitor.page.goto(world.signInLink)
    await visitor.page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()
    visitor.problems.splice(0)
    const findings: string[] = []
    for (const stop of stopsOf(world)) {
      const found = [...(await open(visitor, world.url, stop)), ...(await look(visitor, stop))]
      findings.push(...found.map((finding) => `${stop.name}: ${finding}`))
    }
    expect(findings).toEqual([])
  }, 1_200_000)
})

/** Opens a page. @returns what is wrong with it */
async function open({ page, problems }: Visit, origin: string, stop: Stop): Promise<string[]> {
  await page.goto(origin + stop.path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  const findings: string[] = []
  for (const text of stop.shows) {
    const found = page.getByRole('main').getByText(text).filter({ visible: true }).first()
    await found.waitFor().catch(() => findings.push(`does not show ${String(text)}`))
  }
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
  findings.push(...problems.splice(0))
  findings.push(...(await page.getByRole('alert').allInnerTexts()).map((alert) => `alert ${alert}`))
  return findings
}

const look = (visitor: Visit, { name }: Stop): Promise<string[]> =>
  lookFromAllSides(visitor, { name: `tour-${name}`, isMain: mainStops.has(name) })
