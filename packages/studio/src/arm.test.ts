import { expect, it } from 'vitest'
import { isSameId, nameOfId, parseArmId, workspaceId } from './arm.ts'

it('takes an id apart and refuses what is none', () => {
  const id = `${workspaceId('s', 'rg-dev', 'churn')}/jobs/fox`
  expect(parseArmId(id)).toEqual({
    subscriptionId: 's',
    resourceGroup: 'rg-dev',
    namespace: 'Microsoft.MachineLearningServices',
    segments: [
      { type: 'workspaces', name: 'churn' },
      { type: 'jobs', name: 'fox' },
    ],
  })
  expect(parseArmId(`${id}/versions`)).toBeUndefined()
  expect(parseArmId('/subscriptions/s')).toBeUndefined()
})

it('compares ids without case and names the last part', () => {
  expect(isSameId(workspaceId('S', 'RG', 'w'), workspaceId('s', 'rg', 'W'))).toBe(true)
  expect(nameOfId(`azureml:${workspaceId('s', 'rg', 'w')}/computes/cpu`)).toBe('cpu')
  expect(nameOfId(`${workspaceId('s', 'rg', 'w')}/models/churn/versions/7`)).toBe('churn:7')
  expect(nameOfId('azureml:inbox@latest')).toBe('inbox@latest')
})
