import { expect, it } from 'vitest'
import { failingLineOf, usesVersion } from './build-log.ts'

it('finds the line that says what a build failed at', () => {
  const lines = [
    'resolving 3 requirements',
    'no-such-package==9.9',
    'error: No solution found when resolving dependencies',
    '  cause: Because no-such-package was not found and you require no-such-package==9.9, …',
  ]
  const error = "Environment 'broken:1' could not be built: resolving failed: no-such-package==9.9 (cause: Because …)."
  expect(failingLineOf(lines, error)).toBe(3)
  expect(failingLineOf(lines, 'it stopped')).toBe(2)
  expect(failingLineOf(lines.slice(0, 2), error)).toBe(-1)
  expect(failingLineOf(lines, null)).toBe(-1)
})

it('knows a version by its id and by its short name', () => {
  const id = '/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/environments/train/versions/1'
  expect(usesVersion(id.toUpperCase(), id)).toBe(true)
  expect(usesVersion('azureml:train:1', id)).toBe(true)
  expect(usesVersion('train:1', id)).toBe(true)
  expect(usesVersion('azureml:train:2', id)).toBe(false)
  expect(usesVersion(null, id)).toBe(false)
})
