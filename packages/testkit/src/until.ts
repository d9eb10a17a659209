import { setTimeout as delay } from 'node:timers/promises'

/**
 * Waits until `probe` gives something other than `undefined` or `false`, asking every 20 ms.
 * @throws Error naming `what` when that took longer than `timeoutMs`
 */
export async function until<Found>(
  what: string,
  probe: () => Promise<Found | undefined | false> | Found | undefined | false,
  timeoutMs = 60_000,
): Promise<Found> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`)
    await delay(20)
  }
}
