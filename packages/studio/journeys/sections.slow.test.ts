import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, signedIn } from './support/browser.ts'
import { doEngineWork, type EngineWork } from './support/engine-work.ts'
import { lookFromAllSides } from './support/look.ts'
import { startWorld, type World } from './support/world.ts'

const workspaceSections = [
  'jobs',
  'pipelines',
  'schedules',
  'data',
  'environments',
  'compute',
  'compute/queue',
  'models',
  'endpoints',
  'monitors',
  'access',
  'settings',
]
/** Pages that are judged narrow as well. */
const mainPages = new Set([
  'home',
  'jobs',
  'job',
  'job-logs',
  'pipeline',
  'models',
  'model',
  'releases',
  'release',
  'activity',
  'settings',
])
/** Pages of what has failed: they say why. */
const failingPages = new Set(['pipeline', 'step-failed'])
const instanceSections = ['home', 'registries', 'releases', 'activity']

describe.skipIf(!hasBrowser)('every section', () => {
  let world: World
  let work: EngineWork
  beforeAll(async () => {
    world = await startWorld()
    work = await doEngineWork(world)
  }, 240_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  const pages = (): readonly (readonly [string, string])[] => [
    ...instanceSections.map((section) => [section, `/${section}`] as const),
    ...workspaceSections.map((section) => [section.replace('/', '-'), `${world.workspacePath}/${section}`] as const),
    ['pipeline', `${world.workspacePath}/jobs/${work.pipeline}?step=train`],
    ['step-failed', `${world.workspacePath}/jobs/${work.failedStep}`],
    ['sweep', `${world.workspacePath}/jobs/${work.sweep}`],
    ['schedule', `${world.workspacePath}/schedules/${work.schedule}`],
    ['job', `${world.workspacePath}/jobs/train-1`],
    ['job-logs', `${world.workspacePath}/jobs/train-1?tab=logs`],
    ['job-metrics', `${world.workspacePath}/jobs/train-1?tab=metrics`],
    ['job-outputs', `${world.workspacePath}/jobs/train-1?tab=outputs`],
    ['job-reuse', `${world.workspacePath}/jobs/train-1?tab=reuse`],
    ['job-lineage', `${world.workspacePath}/jobs/train-1?tab=lineage`],
    ['model-versions', `${world.workspacePath}/models/churn`],
    ['model', `${world.workspacePath}/models/churn/1`],
    ['model-card', `${world.workspacePath}/models/churn/1?tab=card`],
    ['model-lineage', `${world.workspacePath}/models/churn/1?tab=lineage`],
    ['model-releases', `${world.workspacePath}/models/churn/1?tab=releases`],
    ['release', '/releases/rg-shrd/churn-1'],
    ['release-evidence', '/releases/rg-shrd/churn-1?tab=evidence'],
    ['release-rollout', '/releases/rg-shrd/churn-1?tab=rollout'],
    ['release-history', '/releases/rg-shrd/churn-1?tab=history'],
    ['registry', '/registries/rg-shrd/shared'],
    ['settings-appearance', `${world.workspacePath}/settings?tab=appearance`],
    ['settings-workspace', `${world.workspacePath}/settings?tab=workspace`],
  ]

  it('opens wide and narrow, light and dark, without errors and without serious findings of axe', async () => {
    await using visitor = await signedIn(world, world.ana)
    const findings: string[] = []
    for (const [name, path] of pages()) {
      await visitor.page.goto(world.url + path)
      await visitor.page.getByRole('heading', { level: 1 }).waitFor()
      await visitor.page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
      const alerts = (await visitor.page.getByRole('alert').allInnerTexts())
        .filter((alert) => !(failingPages.has(name) && alert.includes('KeyError: tenure')))
        .map((alert) => `alert ${alert}`)
      const seen = await lookFromAllSides(visitor, { name, isMain: mainPages.has(name) })
      const found = [...visitor.problems.splice(0), ...alerts, ...seen]
      findings.push(...found.map((finding) => `${name}: ${finding}`))
    }
    expect(findings).toEqual([])
  })

  it('goes through the steps of a pipeline by keys, and to the page of the one that failed', async () => {
    await using visitor = await signedIn(world, world.ana)
    const { page } = visitor
    await page.goto(`${world.url}${world.workspacePath}/jobs/${work.pipeline}`)
    const chart = page.getByRole('listbox', { name: 'Steps by time' })
    await chart.getByRole('option', { name: /^prepare, completed/ }).waitFor()
    await page.keyboard.press('j')
    await chart.getByRole('option', { name: /^prepare/, selected: true }).waitFor()
    await page.keyboard.press('j')
    await page.getByRole('region', { name: 'Step train' }).getByText('KeyError: tenure').first().waitFor()
    await page.keyboard.press('o')
    await page.getByRole('heading', { level: 1, name: 'train' }).waitFor()
    await page.getByText('Why did this step run?').waitFor()
    expect(visitor.problems).toEqual([])
  })

  it('shows the same screen to a link opened anew, and says so when there is nothing at an address', async () => {
    await using visitor = await signedIn(world, world.ana)
    await visitor.page.goto(`${world.url}${world.workspacePath}/jobs?status=Failed&q=none`)
    await visitor.page.getByText('Nothing matches these filters').waitFor()
    await visitor.page.getByRole('button', { name: 'Clear filters' }).click()
    await visitor.page.getByRole('link', { name: 'Train churn' }).waitFor()
    await visitor.page.goto(`${world.url}/nowhere/at/all`)
    await visitor.page.getByRole('heading', { level: 1, name: 'No such page' }).waitFor()
  })
})
