import { BlobServiceClient } from '@azure/storage-blob'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noRetries, startStorageFixture, type StorageFixture } from '../../src/domains/storage/blob-client.fixture.ts'
import { installAzurite, startAzurite, type Azurite } from './azurite.ts'
import { runScenario } from './blob-scenario-runner.ts'
import { scenarios } from './blob-scenarios.ts'

/** The same calls of Azure's client to the reference server and to ours: the same statuses, codes, headers that matter and bodies. */
describe('blobs, beside Azurite', () => {
  let fixture: StorageFixture
  let azurite: Azurite | undefined
  let missing: string | undefined

  beforeAll(async () => {
    missing = (await installAzurite())?.reason
    if (missing !== undefined) return
    fixture = await startStorageFixture()
    azurite = await startAzurite(fixture.accountName, fixture.key)
  })
  afterAll(async () => {
    await azurite?.[Symbol.asyncDispose]()
    if (missing === undefined) await fixture[Symbol.asyncDispose]()
  })

  it.for(Object.entries(scenarios))('%s', async ([, scenario], test) => {
    if (azurite === undefined) {
      test.skip(`SKIPPED: the reference server Azurite could not be installed (npm and a registry are needed): ${missing}`)
      return
    }
    const theirs = await runScenario(scenario, new BlobServiceClient(azurite.url, fixture.credential, noRetries), azurite.url)
    const ours = await runScenario(scenario, fixture.service, fixture.blobUrl)
    expect(ours.length).toBeGreaterThan(1)
    expect(ours).toEqual(theirs)
  })
})
