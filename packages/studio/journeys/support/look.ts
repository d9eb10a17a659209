import type { Page } from 'playwright-core'
import type { Visit } from './browser.ts'

/** The pages that people spend their day on: pictures of these from all sides, and of the others one each. */
export interface Look {
  readonly name: string
  readonly isMain: boolean
}

const wide = { width: 1440, height: 900 }
const narrow = { width: 390, height: 844 }

/**
 * Looks at the page in view: wide in both schemes, then narrow. All of axe judges it once in light, its rule about contrast again in
 * dark; main pages are judged narrow as well, and with the frame that is the same around all pages. Leaves the window wide and light.
 * @returns what axe finds, and what is wider than its window
 */
export async function lookFromAllSides(visitor: Visit, { name, isMain }: Look): Promise<string[]> {
  const { page } = visitor
  const findings: string[] = []
  const report = (side: string, found: readonly string[]) => findings.push(...found.map((finding) => `${side}: axe ${finding}`))
  const part = isMain ? 'page' : 'main'
  report('wide light', await visitor.inspect({ part }))
  await visitor.shoot(`${name}-light-1440`)
  findings.push(...(await overflowOf(page)))

  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  report('wide dark', await visitor.inspect({ part, rules: 'contrast' }))
  if (isMain) await visitor.shoot(`${name}-dark-1440`)
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })

  await page.setViewportSize(narrow)
  findings.push(...(await overflowOf(page)))
  if (isMain) {
    report('narrow light', await visitor.inspect())
    await visitor.shoot(`${name}-light-390`)
  }
  await page.setViewportSize(wide)
  return findings
}

async function overflowOf(page: Page): Promise<string[]> {
  const { beyond, width } = await page.evaluate(
    () =>
      new Promise<{ beyond: number; width: number }>((settle) => {
        // The main area scrolls by itself: what is too wide for it is cut off and widens no document.
        const boxes = [document.documentElement, ...document.querySelectorAll('#main')]
        // Two frames: what watches its own size (charts, tables) has drawn itself anew.
        requestAnimationFrame(() =>
          requestAnimationFrame(() =>
            settle({ beyond: Math.max(...boxes.map((box) => box.scrollWidth - box.clientWidth)), width: window.innerWidth }),
          ),
        )
      }),
  )
  return beyond > 0 ? [`${beyond} px wider than ${width} px`] : []
}
