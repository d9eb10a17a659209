import { expect, it } from 'vitest'
import { createActionsRegistry, groupBySection, matchShortcut, reasonAgainst, spellKey, type Action } from './actions.ts'
import { globalActions } from './global-actions.ts'

const action = (id: string, shortcut?: string): Action => ({
  id,
  name: id,
  section: 'S',
  perform: () => undefined,
  ...(shortcut && { shortcut }),
})
const actions = [action('bar', 'mod+k'), action('jobs', 'g j'), action('home', 'g h'), action('sheet', '?')]

it('finds single keys, held keys and sequences', () => {
  expect(matchShortcut(actions, [], '?').action?.id).toBe('sheet')
  expect(matchShortcut(actions, [], 'mod+k').action?.id).toBe('bar')
  expect(matchShortcut(actions, [], 'g')).toEqual({ action: undefined, pending: ['g'] })
  expect(matchShortcut(actions, ['g'], 'j').action?.id).toBe('jobs')
})

it('gives up a sequence that leads nowhere, and takes the key by itself', () => {
  expect(matchShortcut(actions, ['g'], 'q')).toEqual({ action: undefined, pending: [] })
  expect(matchShortcut(actions, ['g'], '?').action?.id).toBe('sheet')
  expect(matchShortcut(actions, ['g'], 'g').pending).toEqual(['g'])
})

it('spells a question mark without the shift key that made it', () => {
  expect(spellKey({ key: '?', isMod: false, isShift: true })).toBe('?')
  expect(spellKey({ key: 'K', isMod: true, isShift: false })).toBe('mod+k')
})

it('keeps one action per id and forgets a page that leaves', () => {
  const registry = createActionsRegistry()
  let changes = 0
  registry.subscribe(() => (changes += 1))
  registry.register([action('a', 'x')])
  const leave = registry.register([action('a', 'y'), action('b')])
  expect(registry.list().map(({ id, shortcut }) => [id, shortcut])).toEqual([
    ['a', 'y'],
    ['b', undefined],
  ])
  expect(registry.list()).toBe(registry.list())
  leave()
  expect(registry.list().map(({ shortcut }) => shortcut)).toEqual(['x'])
  expect(changes).toBe(3)
})

it('gives every section a shortcut of its own, and a reason where there is no workspace', () => {
  const all = globalActions({
    go: () => undefined,
    openCommands: () => undefined,
    openShortcuts: () => undefined,
    workspaces: [],
  })
  const shortcuts = all.flatMap(({ shortcut }) => shortcut ?? [])
  expect(shortcuts.length).toBeGreaterThan(14)
  expect(new Set(shortcuts).size).toBe(shortcuts.length)
  const jobs = all.find(({ id }) => id === 'go.jobs')
  expect(jobs && reasonAgainst(jobs, { workspacePath: undefined })).toMatch(/no workspace/)
  expect(jobs && reasonAgainst(jobs, { workspacePath: '/w/a/b' })).toBeUndefined()
  expect(groupBySection(all).map(([section]) => section)).toEqual(['Go to', 'View'])
})

it('leads a workspace section to the workspace in view', () => {
  const visited: string[] = []
  const all = globalActions({
    go: (href) => visited.push(href),
    openCommands: () => undefined,
    openShortcuts: () => undefined,
    workspaces: [],
  })
  all.find(({ id }) => id === 'go.models')?.perform({ workspacePath: '/w/rg-dev/churn' })
  all.find(({ id }) => id === 'go.releases')?.perform({ workspacePath: undefined })
  expect(visited).toEqual(['/w/rg-dev/churn/models', '/releases'])
})
