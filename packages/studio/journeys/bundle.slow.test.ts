import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'

interface Chunk {
  readonly file: string
  readonly name?: string
  readonly isEntry?: boolean
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const manifestPath = `${dist}.vite/manifest.json`

/** Bytes after gzip of a file of the build. */
const weigh = (file: string): number => gzipSync(readFileSync(dist + file)).length

describe.skipIf(!existsSync(manifestPath))('the weight of the built studio', () => {
  const manifest = existsSync(manifestPath) ? (JSON.parse(readFileSync(manifestPath, 'utf8')) as Record<string, Chunk>) : {}
  const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry) ?? ''

  function withImports(key: string, seen = new Set<string>()): Set<string> {
    if (seen.has(key)) return seen
    seen.add(key)
    for (const next of manifest[key]?.imports ?? []) withImports(next, seen)
    return seen
  }

  it('stays within 250 kB of scripts and 40 kB of styles for the first load', () => {
    const chunks = [...withImports(entry)].flatMap((key) => manifest[key] ?? [])
    expect(chunks.length).toBeGreaterThan(1)
    const scripts = chunks.reduce((sum, chunk) => sum + weigh(chunk.file), 0)
    const styles = [...new Set(chunks.flatMap((chunk) => chunk.css ?? []))].reduce((sum, file) => sum + weigh(file), 0)
    expect(scripts).toBeLessThan(250_000)
    expect(styles).toBeLessThan(40_000)
  })

  it('keeps every other chunk within 80 kB, the graph within 110 kB', () => {
    const first = withImports(entry)
    const others = Object.entries(manifest).filter(([key, chunk]) => !first.has(key) && chunk.file.endsWith('.js'))
    expect(others.length).toBeGreaterThan(15)
    const heavy = others
      .map(([, chunk]) => ({ file: chunk.file, weight: weigh(chunk.file) }))
      .filter(({ file, weight }) => weight > (file.includes('DagGraph') ? 110_000 : 80_000))
    expect(heavy).toEqual([])
  })

  it('brings neither graph nor charts nor the schema library with the first load', () => {
    const text = [...withImports(entry)].map((key) => readFileSync(dist + (manifest[key]?.file ?? ''), 'utf8')).join('\n')
    for (const sign of ['react-flow', 'uPlot', 'ZodError']) expect(text.includes(sign), sign).toBe(false)
  })
})
