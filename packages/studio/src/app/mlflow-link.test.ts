import { expect, test } from 'vitest'
import { runOfFragment } from './mlflow-link.ts'

test('the run of a link that an MLflow client printed', () => {
  expect(runOfFragment('#/experiments/3/runs/6f0c')).toBe('6f0c')
  expect(runOfFragment('/experiments/3/runs/6f0c/artifacts')).toBe('6f0c')
  expect(runOfFragment('#/experiments/3')).toBeUndefined()
  expect(runOfFragment('')).toBeUndefined()
})
