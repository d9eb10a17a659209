import { join } from 'node:path'
import { readDataUri, uploadFiles, type UploadFile } from '@fulcrum/sdk'
import { createRemoteAssets } from '../../remote-assets.ts'
import type { Guide } from '../guide.ts'
import { find, runJob } from '../wait.ts'

/** Months that have arrived when the tour begins, and those that come while it goes on. */
export const firstMonths = [1, 2, 3]
export const laterMonths = [4, 5, 6, 7]

export const monthFile = (month: number): string => `flights-2013-${String(month).padStart(2, '0')}.csv`

/** Step 3: a job in dev exports the months; they arrive in the inbox lake, and each environment names them as the same asset. */
export async function importData(guide: Guide): Promise<string> {
  const { dev } = guide.places
  const ana = await guide.as('ana')
  const job = await runJob(guide, ana, { workspaceId: dev, purpose: 'export-months', properties: () => exportJob(guide) })
  guide.store.state.facts['exportJob'] = job.name
  await guide.store.save()
  await publishMonths(guide, '1', firstMonths)
  return guide.studioOf(dev, '/data/flights-by-month/1')
}

async function exportJob(guide: Guide): Promise<Record<string, unknown>> {
  const ana = await guide.as('ana')
  const { dev } = guide.places
  const codeId = await createRemoteAssets(ana, dev).uploadCode(join(guide.example, 'data'))
  return {
    jobType: 'Command',
    displayName: 'export-months',
    experimentName: 'flight-data',
    command: 'python export_months.py ${{outputs.months}} --months 1 2 3 4 5 6 7',
    codeId,
    environmentId: `${dev}/environments/flights/versions/1`,
    computeId: `${dev}/computes/local`,
    outputs: { months: { jobOutputType: 'uri_folder', mode: 'Upload' } },
  }
}

/** Rows of a month as the exporting job wrote them. */
export async function readMonth(guide: Guide, month: number): Promise<Uint8Array<ArrayBuffer>> {
  const { dev } = guide.places
  const job = guide.store.state.facts['exportJob'] ?? ''
  const ana = await guide.as('ana')
  const outputs = await ana.get<{ value: { name: string; uri: string }[] }>(`${dev}/jobs/${job}/outputs`)
  const uri = outputs.value.find((output) => output.name === 'months')?.uri ?? ''
  return readDataUri(ana, dev, `${uri.replace(/\/$/, '')}/${monthFile(month)}`)
}

/** New months arrive in the inbox, and `flights-by-month` gets a version that has them, in every environment. */
export async function publishMonths(guide: Guide, version: string, months: readonly number[]): Promise<void> {
  const { dev, test, prod } = guide.places
  const folder = `flights-by-month/${version}`
  const robot = await guide.as('ci-cd')
  if ((await find(guide.admin, `${prod}/data/flights-by-month/versions/${version}`)) === undefined) {
    const files: UploadFile[] = []
    for (const month of months) {
      guide.say(`${monthFile(month)} arrives in the inbox`)
      files.push(memoryFile(monthFile(month), await readMonth(guide, month)))
    }
    await uploadFiles(robot, {
      workspaceId: prod,
      datastore: 'inbox',
      prefix: folder,
      files,
      authorization: 'token',
      signal: guide.signal,
    })
  }
  for (const workspace of [dev, test, prod]) {
    await ensureData(guide, workspace, 'flights-by-month', version, `azureml://datastores/inbox/paths/${folder}/`)
  }
  // What the deployed model was trained on stays the reference of its monitor when later months arrive.
  if (version === '1') await ensureData(guide, prod, 'flights-training', version, `azureml://datastores/inbox/paths/${folder}/`)
}

export async function ensureData(guide: Guide, workspace: string, name: string, version: string, dataUri: string): Promise<void> {
  const id = `${workspace}/data/${name}/versions/${version}`
  if ((await find(guide.admin, id)) !== undefined) return
  await guide.admin.put(id, { properties: { dataType: 'uri_folder', dataUri, description: `${name}, arrival ${version}` } })
}

export function memoryFile(path: string, bytes: Uint8Array<ArrayBuffer>): UploadFile {
  return { path, sizeBytes: bytes.byteLength, read: async (start, end) => bytes.slice(start, end) }
}
