import { expect, it } from 'vitest'
import { assetHref, parseRegistryReference } from './asset-link.ts'

const workspace = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/dev'

it('leads to the page of a version, of an endpoint, of a job', () => {
  expect(assetHref(`${workspace}/models/churn/versions/7`, '/w/x/y')).toBe('/w/rg/dev/models/churn/7')
  expect(assetHref(`azureml:${workspace}/data/raw/versions/1`, '/w/x/y')).toBe('/w/rg/dev/data/raw/1')
  expect(assetHref(`${workspace}/onlineEndpoints/e/deployments/blue`, '/w/x/y')).toBe('/w/rg/dev/endpoints/e')
  expect(assetHref('azureml://jobs/fox/outputs/model/paths/', '/w/x/y')).toBe('/w/x/y/jobs/fox')
})

it('leads to releases and to what registries hold', () => {
  const group = '/subscriptions/s/resourceGroups/shrd/providers'
  expect(assetHref(`${group}/Fulcrum.Delivery/releases/churn-1/evidence/e`, '')).toBe('/releases/shrd/churn-1')
  const registry = `${group}/Microsoft.MachineLearningServices/registries/r`
  expect(assetHref(`${registry}/models/churn/versions/1`, '')).toBe('/registries/shrd/r/models/churn/1')
  expect(assetHref(registry, '')).toBe('/registries/shrd/r')
})

it('has no page for paths in datastores and for foreign ids', () => {
  expect(assetHref('azureml://datastores/d/paths/a.csv', '/w/x/y')).toBeUndefined()
  expect(assetHref('https://example.org/a', '/w/x/y')).toBeUndefined()
})

it('reads what registries hold, and nothing else', () => {
  expect(parseRegistryReference('azureml://registries/r/models/churn/versions/2')).toEqual({
    registry: 'r',
    kind: 'models',
    name: 'churn',
    version: '2',
  })
  expect(parseRegistryReference('azureml://jobs/fox/outputs/model/paths/')).toBeUndefined()
  expect(parseRegistryReference('azureml:churn:2')).toBeUndefined()
})
