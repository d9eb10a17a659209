import { expect, it } from 'vitest'
import { contentOf, progressText, shortContent, workersOf, type BatchDeployment } from './batch.ts'

it('sums the mini-batches of all parallel steps and names the failed ones', () => {
  expect(progressText(undefined)).toBe('–')
  expect(progressText([{ state: 'notStarted', total: null }])).toBe('–')
  expect(progressText([{ state: 'running', total: 10, completed: 3, failed: 0 }])).toBe('3 of 10')
  expect(
    progressText([
      { state: 'completed', total: 4, completed: 3, failed: 1 },
      { state: 'running', total: 2, completed: 0, failed: 0 },
    ]),
  ).toBe('4 of 6, 1 failed')
})

it('says what a deployment runs and with how many processes', () => {
  const deployment = {
    properties: {
      model: { assetId: '/subscriptions/s/resourceGroups/g/models/churn/versions/3' },
      resources: { instanceCount: 2 },
      maxConcurrencyPerInstance: 3,
    },
  } as BatchDeployment
  expect(shortContent(contentOf(deployment) ?? '')).toBe('churn:3')
  expect(workersOf(deployment)).toBe(6)
  expect(shortContent('/subscriptions/s/resourceGroups/g/components/greet')).toBe('greet')
})
