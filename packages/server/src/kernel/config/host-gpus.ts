import { readdirSync } from 'node:fs'

/** NVIDIA GPUs by number, from their device files; nothing is started for it. */
export function gpusOfHost(): readonly string[] {
  try {
    const numbers = readdirSync('/dev').flatMap((name) => /^nvidia(\d+)$/.exec(name)?.[1] ?? [])
    return numbers.toSorted((left, right) => Number(left) - Number(right))
  } catch {
    return []
  }
}
