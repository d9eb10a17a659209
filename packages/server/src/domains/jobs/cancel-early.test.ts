import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isAlive } from '../../kernel/db/process-identity.ts'
import { runProcess } from '../../kernel/safe/index.ts'

/** A job that is cancelled before its program runs: nothing starts, and nothing that was made ready for it goes on. */

/** A source package whose build says who it is and then never ends; it needs no build tools. */
const endlessPackage = `
import io, sys, tarfile
files = {
    'endless-1.0/PKG-INFO': 'Metadata-Version: 2.1\\nName: endless\\nVersion: 1.0\\n',
    'endless-1.0/pyproject.toml': '[build-system]\\nrequires = []\\nbuild-backend = "backend"\\nbackend-path = ["."]\\n',
    'endless-1.0/backend.py': '''
import os, time
def wait(*_args, **_kwargs):
    with open(%r, 'w') as stream:
        stream.write(str(os.getpid()))
    while True:
        time.sleep(1)
prepare_metadata_for_build_wheel = build_wheel = get_requires_for_build_wheel = wait
''' % (sys.argv[1] + '/builder.pid'),
}
with tarfile.open(sys.argv[1] + '/endless-1.0.tar.gz', 'w:gz') as archive:
    for name, text in files.items():
        info = tarfile.TarInfo(name)
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text.encode()))
`

let server: TestServer
let workspace: string
let wheels: string
beforeAll(async () => {
  const directories: string[] = []
  server = await startTestServer({ config: { wheelDirectories: directories } })
  wheels = join(server.ctx.config.dataDirectory, 'wheels')
  await mkdir(wheels)
  directories.push(wheels)
  const made = await runProcess({
    executable: '/usr/bin/env',
    arguments: ['python3', '-c', endlessPackage, wheels],
    environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    workingDirectory: wheels,
    timeoutMs: 60_000,
  })
  expect(made.stderr).toBe('')
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
  for (const id of [group, workspace]) await server.admin.put(id, { location: 'local' })
  const condaFile = 'name: e\ndependencies:\n  - python\n  - pip\n  - pip:\n      - endless==1.0\n'
  await server.admin.put(`${workspace}/environments/endless/versions/1`, { properties: { condaFile } })
})
afterAll(() => server.close())

async function jobOf(name: string): Promise<Record<string, unknown> & { status: string }> {
  const { properties } = (await server.admin.get(`${workspace}/jobs/${name}`)).json<{
    properties: Record<string, unknown> & { status: string }
  }>()
  return properties
}

it('stops the build of its environment, once nobody else waits for it', async () => {
  const body = { properties: { jobType: 'Command', command: 'echo never', environmentId: 'azureml:endless:1' } }
  for (const name of ['first', 'second']) expect((await server.admin.put(`${workspace}/jobs/${name}`, body)).status).toBe(201)
  const builder = Number(
    await until('the build', () =>
      readFile(join(wheels, 'builder.pid'), 'utf8').then(
        (text) => text || undefined,
        () => undefined,
      ),
    ),
  )
  for (const name of ['first', 'second'])
    await until(`${name} to prepare`, async () => (await jobOf(name)).status === 'Preparing')
  await server.admin.post(`${workspace}/jobs/first/cancel`)
  await until('the end of the first', async () => (await jobOf('first')).status === 'Canceled')
  // The other one still wants it.
  expect(await isAlive(builder)).toBe(true)
  await server.admin.post(`${workspace}/jobs/second/cancel`)
  await until('the end of the second', async () => (await jobOf('second')).status === 'Canceled')
  await until('the end of the builder', async () => !(await isAlive(builder)))
  const left = async () =>
    (await readdir(join(server.ctx.config.dataDirectory, 'environments'))).filter((name) => name.startsWith('.build-'))
  await until('the removal of what was half built', async () => (await left()).length === 0)
})

it('ends at once what has not started', async () => {
  const compute = { computeType: 'AmlCompute', properties: { vmSize: 'small', scaleSettings: { maxNodeCount: 1 } } }
  await server.admin.put(`${workspace}/computes/narrow`, { location: 'local', properties: compute })
  const job = (command: string) => ({ properties: { jobType: 'Command', command, computeId: `${workspace}/computes/narrow` } })
  await server.admin.put(`${workspace}/jobs/busy`, job('sleep 300'))
  await until('the first to run', async () => (await jobOf('busy')).status === 'Running')
  await server.admin.put(`${workspace}/jobs/waiting`, job('echo never'))
  await server.admin.post(`${workspace}/jobs/waiting/cancel`)
  await until('its end', async () => (await jobOf('waiting')).status === 'Canceled')
  await server.admin.post(`${workspace}/jobs/busy/cancel`)
  await until('the end of the other', async () => (await jobOf('busy')).status === 'Canceled')
  const attempts = await server.ctx.db.kysely
    .selectFrom('attempts')
    .innerJoin('steps', 'steps.id', 'attempts.step_id')
    .select('attempts.directory')
    .where('steps.resource_id', 'like', '%/jobs/waiting')
    .execute()
  expect(attempts).toEqual([])
})
