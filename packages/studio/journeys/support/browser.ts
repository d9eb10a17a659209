import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import AxeBuilder from '@axe-core/playwright'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { signInLink, type World } from './world.ts'

/** Debian's browser, or the one that CHROMIUM names. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
export const hasBrowser = existsSync(executablePath)

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const screenshots = fileURLToPath(new URL('../screenshots/', import.meta.url))

export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** Console errors, failures of scripts, and requests to other hosts. Answers in `tolerated` are expected by the journey. */
  readonly problems: string[]
  /** Saves a picture under this name. */
  shoot(name: string): Promise<void>
  /** Serious and critical findings of axe, as texts. */
  inspect(how?: Inspection): Promise<string[]>
}

export interface Inspection {
  /** `contrast`: only what another colour scheme can change. */
  readonly rules?: 'all' | 'contrast'
  /** `main`: without the frame that is around every page. */
  readonly part?: 'page' | 'main'
}

export interface VisitOptions {
  readonly width?: number
  readonly colorScheme?: 'light' | 'dark'
}

/** A browser of its own with an empty profile. */
export async function visit(
  world: Pick<World, 'url'>,
  { width = 1440, colorScheme = 'light' }: VisitOptions = {},
): Promise<Visit> {
  const profile = await mkdtemp(join(tmpdir(), 'fulcrum-studio-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: flags,
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  })
  const page = context.pages()[0] ?? (await context.newPage())
  const problems: string[] = []
  await watch(context, page, world.url, problems)
  return {
    page,
    problems,
    async shoot(name) {
      await mkdir(screenshots, { recursive: true })
      await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: false })
    },
    async inspect({ rules = 'all', part = 'page' } = {}) {
      // Legacy mode spares a second page for each run; it sees less only in frames of other origins, and the studio has none.
      const axe = new AxeBuilder({ page }).setLegacyMode(true)
      if (rules === 'contrast') axe.withRules(['color-contrast'])
      if (part === 'main') axe.include('#main')
      const { violations } = await axe.analyze()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(
          ({ id, nodes }) =>
            `${id}: ${nodes.map(({ target, any }) => `${target.join(' ')} ${any[0]?.message ?? ''}`).join(' | ')}`,
        )
    },
    async [Symbol.asyncDispose]() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}

async function watch(context: BrowserContext, page: Page, origin: string, problems: string[]): Promise<void> {
  await context.route('**/*', (route) => {
    if (route.request().url().startsWith(origin) || route.request().url().startsWith('blob:')) return route.continue()
    problems.push(`off-origin ${route.request().url()}`)
    return route.abort()
  })
  page.on('console', (message) => {
    // Refusals that the page is meant to show are checked by what it shows; the browser logs each of them by itself.
    if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => problems.push(error.message))
}

/** A browser in which somebody has signed in by link and sees the home page. */
export async function signedIn(world: World, who: { readonly id: string }, options?: VisitOptions): Promise<Visit> {
  const visitor = await visit(world, options)
  await visitor.page.goto(await signInLink(world, who))
  await visitor.page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()
  // Who is not signed in yet is told so by 401: the browser reports that answer as an error.
  visitor.problems.splice(0)
  return visitor
}
