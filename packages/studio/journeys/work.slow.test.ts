import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, signedIn, visit } from './support/browser.ts'
import { signInLink, startWorld, type World } from './support/world.ts'

describe.skipIf(!hasBrowser)('the main work', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world?.[Symbol.asyncDispose]())

  it('signs in by a link that works once, and out again', async () => {
    await using visitor = await visit(world)
    const link = await signInLink(world, world.ana)
    await visitor.page.goto(link)
    await visitor.page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()
    expect(visitor.page.url()).toBe(`${world.url}/home`)
    await visitor.page.getByRole('button', { name: /^Account/ }).click()
    await visitor.page.getByRole('menuitem', { name: 'Sign out' }).click()
    await visitor.page.getByRole('heading', { level: 1, name: 'Sign in to Fulcrum' }).waitFor()
    await visitor.page.goto('about:blank')
    await visitor.page.goto(link)
    await visitor.page.getByText('Signing in failed').waitFor()
  })

  it('shows a job that starts, and its log line by line while it runs', async () => {
    await using visitor = await signedIn(world, world.ana)
    await visitor.page.goto(`${world.url}${world.workspacePath}/jobs`)
    await visitor.page.getByRole('link', { name: 'Train churn' }).waitFor()
    const answer = await world.ana.api.put(`${world.workspace}/jobs/live-1?api-version=2025-12-01`, {
      properties: {
        jobType: 'Command',
        displayName: 'Live job',
        command: 'echo first line; sleep 8; echo second line',
      },
    })
    expect(answer.status, answer.text).toBeLessThan(300)
    await visitor.page.getByRole('link', { name: 'Live job' }).click()
    await visitor.page.getByRole('heading', { level: 1, name: 'Live job' }).waitFor()
    await visitor.page.getByRole('navigation', { name: 'Views of Live job' }).getByRole('link', { name: 'Logs' }).click()
    const log = visitor.page.getByRole('log')
    await log.getByText('first line').waitFor()
    expect(await log.getByText('second line').count()).toBe(0)
    await visitor.shoot('job-live-log')
    await log.getByText('second line').waitFor({ timeout: 60_000 })
    await visitor.page.getByText('Completed').first().waitFor()
    expect(visitor.problems).toEqual([])
  })

  it('tells the author why they cannot approve, and lets the lead approve', async () => {
    const path = `${world.url}/releases/rg-shrd/churn-1`
    await using author = await signedIn(world, world.ana)
    await author.page.goto(path)
    const refused = author.page.getByRole('button', { name: 'Approve' }).first()
    await refused.waitFor()
    expect(await refused.getAttribute('aria-disabled')).toBe('true')
    await author.page.getByText('You made this model version; somebody else has to decide.').first().waitFor()
    await author.shoot('release-author')

    await using lead = await signedIn(world, world.lena)
    await lead.page.getByRole('link', { name: /churn-1: gate “Integration”/ }).click()
    await lead.page.getByRole('heading', { level: 1, name: 'churn-1' }).waitFor()
    await lead.page.getByRole('button', { name: 'Approve' }).first().click()
    const dialog = lead.page.getByRole('dialog', { name: 'Approve gate “Integration”' })
    await dialog.getByRole('textbox', { name: 'Comment' }).fill('Better than the champion')
    await lead.shoot('release-approve-dialog')
    await dialog.getByRole('button', { name: 'Approve' }).click()
    await lead.page.getByText('“Better than the champion”').waitFor()
    await lead.shoot('release-approved')
    // The author's page learns of it by itself.
    await author.page.getByText('“Better than the champion”').waitFor()
    expect([...author.problems, ...lead.problems]).toEqual([])
  })

  it('shows who did what in the audit log, and that its chain is whole', async () => {
    await using visitor = await visit(world)
    const admin = await world.server.ctx.db.kysely
      .selectFrom('principals')
      .select('id')
      .where('name', '=', 'admin')
      .executeTakeFirstOrThrow()
    await visitor.page.goto(await signInLink(world, admin))
    await visitor.page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()
    await visitor.page.goto(`${world.url}/activity?type=releases.`)
    await visitor.page.getByRole('grid', { name: 'Activity' }).getByText('releases.').first().waitFor()
    await visitor.page.getByRole('button', { name: 'Verify the audit chain' }).click()
    await visitor.page.getByText(/The chain is whole/).waitFor()
    await visitor.shoot('activity-verified')
  })
})
