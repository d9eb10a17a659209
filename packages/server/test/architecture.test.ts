import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** The structure of ARCHITECTURE.md, held against the imports of the code. */

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const domainOrder = [
  'platform',
  'identity',
  'access',
  'instances',
  'workspaces',
  'storage',
  'environments',
  'compute',
  'tracking',
  'models',
  'jobs',
  'registries',
  'features',
  'labeling',
  'endpoints',
  'delivery',
  'monitoring',
  'cost',
  'governance',
  'infra',
]
const mayImport: Record<string, string[]> = {
  contract: [],
  sdk: ['contract'],
  cli: ['contract', 'sdk'],
  studio: ['contract', 'sdk'],
  server: ['contract'],
  testkit: ['contract', 'sdk', 'server'],
}

interface Edge {
  readonly from: string
  readonly to: string
}

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : sources(path)
    return /\.tsx?$/.test(entry.name) ? [path] : []
  })
}

const files = sources(join(root, 'packages')).map((path) => relative(root, path))
const production = files.filter(
  (path) => path.includes('/src/') && !/\.(test|fixture)\.tsx?$/.test(path) && !/\/test-[a-z-]+\.ts$/.test(path),
)
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const edges: Edge[] = production.flatMap((from) =>
  [...text(from).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => {
    const target = match[1] ?? ''
    return { from, to: target.startsWith('.') ? relative(root, resolve(root, dirname(from), target)) : target }
  }),
)
const domainOf = (path: string) => /packages\/server\/src\/domains\/([a-z]+)\//.exec(path)?.[1]

describe('the structure', () => {
  it('is really read', () => {
    expect(production.length).toBeGreaterThan(200)
    expect(edges.length).toBeGreaterThan(800)
  })

  it('lets packages depend in one direction only', () => {
    const wrong = edges.filter(({ from, to }) => {
      const name = /^packages\/(\w+)\//.exec(from)?.[1] ?? ''
      const target = /^@fulcrum\/(\w+)/.exec(to)?.[1]
      return target !== undefined && !mayImport[name]?.includes(target)
    })
    expect(wrong).toEqual([])
  })

  it('keeps the kernel free of domains', () => {
    expect(edges.filter(({ from, to }) => from.includes('/src/kernel/') && to.includes('/src/domains/'))).toEqual([])
  })

  it('lets domains call forwards only, and only through their index', () => {
    const wrong = edges.filter(({ from, to }) => {
      const [caller, callee] = [domainOf(from), domainOf(to)]
      if (caller === undefined || callee === undefined || caller === callee) return false
      return domainOrder.indexOf(callee) >= domainOrder.indexOf(caller) || !/\/(index|tables)\.ts$/.test(to)
    })
    expect(wrong).toEqual([])
  })

  it('leaves files, processes and the network to the kernel', () => {
    const raw = /^(node:)?(fs|fs\/promises|child_process|net|http|https)$/
    const wrong = edges.filter(({ from, to }) => from.includes('/src/domains/') && raw.test(to))
    expect(wrong).toEqual([])
  })

  it('reads the environment in the configuration only', () => {
    const allowed = /kernel\/config\/|supervisor\/|packages\/cli\/|gateway\//
    expect(
      production.filter(
        (path) => path.startsWith('packages/server') && !allowed.test(path) && text(path).includes('process.env'),
      ),
    ).toEqual([])
  })

  it('has no file over 400 lines, and 95 of 100 below 300', () => {
    const lengths = production
      .map((path) => ({ path, lines: text(path).split('\n').length }))
      .toSorted((left, right) => right.lines - left.lines)
    expect(lengths.filter(({ lines }) => lines > 401)).toEqual([])
    expect(lengths[Math.floor(lengths.length * 0.05)]?.lines).toBeLessThanOrEqual(300)
  })
})
