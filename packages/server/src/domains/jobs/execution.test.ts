import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { until } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { probeHost } from '../compute/probe-host.ts'
import { cancelJob } from './cancel.ts'
import { readDistribution, processesOf } from './distribution.ts'
import { readExecution } from './execution.ts'
import { submitJob } from './submit.ts'
import { startJobPlatform, type JobPlatform } from './test-platform.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const nothing: Parameters<typeof readExecution>[0] = {
  distribution: undefined,
  resources: undefined,
  services: undefined,
  properties: undefined,
}

describe('what a job asks for beside its command', () => {
  it('counts processes as Azure does', () => {
    const count = (distribution: object, instances: number) => {
      const found = readDistribution(distribution, instances, 'd')
      return found === undefined ? undefined : processesOf(found)
    }
    expect(count({ distributionType: 'PyTorch', processCountPerInstance: 2 }, 3)).toBe(6)
    expect(count({ type: 'mpi' }, 2)).toBe(2)
    expect(count({ distributionType: 'TensorFlow' }, 2)).toBe(2)
    expect(count({ type: 'tensorflow', worker_count: 2, parameter_server_count: 1 }, 3)).toBe(3)
    expect(count({}, 1)).toBeUndefined()
  })

  it('refuses at submit what cannot be, with the nearest right thing', () => {
    const of = (asked: Partial<typeof nothing>) => () => readExecution({ ...nothing, ...asked }, 'properties')
    expect(of({ distribution: { distributionType: 'PyTroch' } })).toThrow("Did you mean 'pytorch'?")
    expect(of({ distribution: { type: 'mpi', processCountPerInstance: 0 } })).toThrow('a whole number from 1 on')
    expect(of({ distribution: { type: 'mpi', processCountPerInstance: 1000 } })).toThrow('at most 256')
    expect(of({ services: { shell: { jobServiceType: 'SSH' } } })).toThrow("Service 'shell' of type 'SSH'")
    expect(of({ services: { editor: { job_service_type: 'VSCode' } } })).toThrow('jupyter_lab, tensor_board or custom')
    expect(of({ services: { mine: { jobServiceType: 'Custom' } } })).toThrow('name the port')
    expect(of({ services: { mine: { jobServiceType: 'Custom', port: 22 } } })).toThrow('from 1024 to 65535')
    expect(of({ properties: { 'fulcrum.network': 'off' } })).toThrow("is 'none' or 'host'")
    expect(
      of({ resources: { docker_args: '--network none' }, distribution: { type: 'mpi', process_count_per_instance: 2 } }),
    ).toThrow('could not reach each other')
  })

  it("takes Azure's docker arguments and our property for the network", () => {
    for (const docker of [{ dockerArgs: '--ipc=host --network=none' }, { docker_args: ['--net', 'none'] }])
      expect(readExecution({ ...nothing, resources: docker }, 'p')).toMatchObject({ network: 'none' })
    expect(readExecution({ ...nothing, properties: { 'fulcrum.network': 'None' } }, 'p')).toMatchObject({ network: 'none' })
    expect(readExecution({ ...nothing, resources: { dockerArgs: '--network nonesuch' } }, 'p')).not.toHaveProperty('network')
  })
})

describe('jobs', () => {
  let platform: JobPlatform
  beforeAll(async () => {
    platform = await startJobPlatform()
  })
  afterAll(() => platform[Symbol.asyncDispose]())

  const submit = (name: string, properties: Record<string, unknown>) =>
    submitJob(platform.ctx, platform.actor, {
      workspaceId: platform.workspaceId,
      name,
      body: { properties: { jobType: 'Command', ...properties } },
    })
  const statusOf = async (name: string): Promise<Record<string, unknown>> =>
    (await platform.ctx.resources.find(`${platform.workspaceId}/jobs/${name}`))?.status ?? {}
  const ended = (name: string) =>
    until(
      `the end of ${name}`,
      async () => {
        const status = await statusOf(name)
        return ['Completed', 'Failed', 'Canceled'].includes(String(status['status'])) ? status : undefined
      },
      90_000,
    )
  const attemptOf = (name: string) =>
    platform.ctx.db.kysely
      .selectFrom('attempts')
      .innerJoin('steps', 'steps.id', 'attempts.step_id')
      .select(['attempts.directory', 'attempts.exit'])
      .where('steps.resource_id', 'like', `%/jobs/${name}`)
      .executeTakeFirstOrThrow()

  it('run on several instances, with a log for each process', async () => {
    await submit('ranks', {
      command: 'echo "$NODE_RANK.$LOCAL_RANK of $WORLD_SIZE"',
      resources: { instanceCount: 2 },
      distribution: { distributionType: 'PyTorch', processCountPerInstance: 2 },
    })
    expect(await ended('ranks')).toMatchObject({ status: 'Completed' })
    const { directory } = await attemptOf('ranks')
    const logs = await Promise.all(
      [0, 1, 2, 3].map((rank) => readFile(`${directory}/user_logs/std_log_process_0${rank}.txt`, 'utf8')),
    )
    expect(logs).toEqual(['0.0 of 4\n', '0.1 of 4\n', '1.0 of 4\n', '1.1 of 4\n'])
  })

  it('fail with the lines of the process that failed', async () => {
    await submit('one-fails', {
      command: 'echo "I am $RANK"; if [ "$RANK" = 1 ]; then echo the reason; exit 9; fi; sleep 600',
      distribution: { distributionType: 'PyTorch', processCountPerInstance: 2 },
    })
    expect(await ended('one-fails')).toMatchObject({
      status: 'Failed',
      error: { exitCode: 9, lastLogLines: ['I am 1', 'the reason'] },
    })
  })

  it('have no network when they say so, where the host can', async () => {
    await submit('offline', {
      command: `python3 -c "import os; print(sorted(os.listdir('/sys/class/net')) if os.path.isdir('/sys/class/net') else '?'); import socket; socket.create_connection(('127.0.0.1', ${platform.ctx.config.http.port}), 2)"`,
      resources: { dockerArgs: '--network none' },
    })
    const status = await ended('offline')
    const host = (await probeHost(platform.ctx)) as { networkIsolation?: { available: boolean } }
    expect(status).toMatchObject({ status: 'Failed' })
    if (host.networkIsolation?.available === true) {
      expect(JSON.stringify(status['error'])).toMatch(/refused|unreachable/i)
      expect((await attemptOf('offline')).exit?.isolation).toMatchObject({ mode: 'bubblewrap', network: 'none' })
    } else expect(status).toMatchObject({ error: { message: expect.stringContaining('network "none" needs the sandbox') } })
  })

  it('on a compute that requires isolation say so in their record', async () => {
    const { ctx, actor, workspaceId } = platform
    const put = (value: string) =>
      ctx.resources.put(
        actor,
        `${workspaceId}/computes/safe`,
        { location: 'local', tags: { 'fulcrum.isolation': value }, properties: { computeType: 'AmlCompute' } },
        { type: 'Microsoft.MachineLearningServices/workspaces/computes' },
      )
    await expect(put('always')).rejects.toThrow('required, best-effort, none')
    await put('required')
    await submit('guarded', { command: 'true', computeId: 'azureml:safe' })
    await ended('guarded')
    expect((await attemptOf('guarded')).exit?.isolation).toMatchObject({ requested: 'required' })
  })

  it('have services: a port of their own, and a reason for one that cannot start', async () => {
    const port = await freePort()
    const address = `http://127.0.0.1:${port}`
    await submit('served', {
      command: `exec python3 -m http.server ${port} --bind 127.0.0.1`,
      services: {
        app: { jobServiceType: 'Custom', port },
        notebook: { jobServiceType: 'JupyterLab', nodes: { nodesValueType: 'All' } },
      },
    })
    const services = await until(
      'the services to be announced',
      async () => {
        const found = (await statusOf('served'))['services'] as Record<string, Record<string, unknown>> | undefined
        return found?.['app']?.['status'] === 'NotStarted' ? undefined : found
      },
      90_000,
    )
    expect(services['app']).toMatchObject({ status: 'Running', endpoint: address })
    expect(services['notebook']).toMatchObject({
      status: 'Failed',
      errorMessage: expect.stringContaining("add the package 'jupyterlab'"),
    })
    await until('the program to answer', async () => (await fetch(address).catch(() => undefined))?.ok, 60_000)
    await cancelJob(platform.ctx, platform.actor, `${platform.workspaceId}/jobs/served`)
    expect(await ended('served')).toMatchObject({ status: 'Canceled' })
    await expect(fetch(address)).rejects.toThrow()
  }, 240_000)
})
