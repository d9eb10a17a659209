import { expect, it } from 'vitest'
import { askedResources, priorityOf, requestOn } from './resource-request.ts'

const gibibyte = 1024 ** 3

it("reads Docker's flags in all their forms, and quantities in properties", () => {
  const wanted = { cores: 2, memoryBytes: 4 * gibibyte, gpus: 1 }
  for (const resources of [
    { dockerArgs: '--cpus 2 --memory 4g --gpus 1' },
    { dockerArgs: "--cpus=2 -m 4GB --shm-size 2g '--gpus=count=1'" },
    { dockerArgsList: ['--cpus', '2', '--memory=4096m', '--gpus="device=3"'] },
    { docker_args: '--cpus 2.0 --memory 4g --gpus 1' },
    { properties: { cpus: 2, memory: '4Gi', gpus: '1' } },
    { properties: { cpu: '2000m', memory: '4096Mi', 'nvidia.com/gpu': 1 } },
  ])
    expect(askedResources(resources, 'resources')).toEqual(wanted)
  expect(askedResources({ dockerArgs: '--gpus all' }, 'resources')).toMatchObject({ gpus: 'all' })
})

it('reserves nothing for who asks for nothing, whatever the size of machine', () => {
  expect(askedResources(undefined, 'resources')).toBeUndefined()
  expect(askedResources({ instanceCount: 2, instanceType: 'Standard_DS3_v2', properties: {} }, 'resources')).toBeUndefined()
})

it.each([['--cpus two'], ['--memory 4x'], ['--gpus many'], ['--cpus=-1'], ['--memory']])(
  'refuses %s and names the place',
  (dockerArgs) => {
    expect(() => askedResources({ dockerArgs }, 'properties.resources')).toThrow(
      expect.objectContaining({ code: 'InvalidRequestContent', target: 'properties.resources' }),
    )
  },
)

const host = { slots: 2, cores: 4, memoryBytes: 8 * gibibyte, gpus: ['0', '1'] }
const on = { nodes: 1, gpuSize: false, maxNodes: undefined, target: 'properties.resources' }

it('gives all GPUs of the host to who asks for all, and one on a cluster of machines with GPUs', () => {
  expect(requestOn(host, { cores: 0, memoryBytes: 0, gpus: 'all' }, on).gpus).toBe(2)
  expect(requestOn(host, undefined, { ...on, gpuSize: true }).gpus).toBe(1)
  expect(requestOn({ ...host, gpus: [] }, undefined, { ...on, gpuSize: true }).gpus).toBe(0)
})

it('refuses at once what would wait for ever', () => {
  const nothing = { cores: 0, memoryBytes: 0 }
  expect(() => requestOn(host, { ...nothing, cores: 5 }, on)).toThrow('asks for 5 cores; jobs may reserve 4')
  expect(() => requestOn(host, { ...nothing, memoryBytes: 5 * gibibyte }, { ...on, nodes: 2 })).toThrow('10240 MiB (2 nodes)')
  expect(() => requestOn(host, { ...nothing, gpus: 3 }, on)).toThrow('asks for 3 GPUs; this host has 2')
  expect(() => requestOn(host, undefined, { ...on, nodes: 3, maxNodes: 2 })).toThrow('at most 2 (scaleSettings.maxNodeCount)')
})

it('takes the priority in every form, and the tier where there is none', () => {
  expect([priorityOf({ priority: 'High' }), priorityOf({ priority: 1 }), priorityOf({ priority: '3' })]).toEqual([3, 1, 3])
  expect([priorityOf({ jobTier: 'Spot' }), priorityOf({ job_tier: 'premium' }), priorityOf({ jobTier: 'Null' })]).toEqual([
    1,
    3,
    undefined,
  ])
  expect(priorityOf({ jobTier: 'spot', priority: 'high' })).toBe(3)
  expect(priorityOf(undefined)).toBeUndefined()
})
