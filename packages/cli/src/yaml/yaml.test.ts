import { describe, expect, test } from 'vitest'
import { type Family, loadResource } from './load-resource.ts'
import { durationOfSeconds, pythonFloat } from './values.ts'
import type { WorkspaceAssets } from './workspace-assets.ts'
import { YamlFile } from './yaml-file.ts'

const workspace = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w'

/** A workspace that remembers what it was asked, and the files of a project; its newest version of everything is 7. */
class RecordedAssets implements WorkspaceAssets {
  readonly workspaceId = workspace
  readonly uploads: string[] = []
  readonly created = new Map<string, unknown>()
  readonly files: Readonly<Record<string, string>>

  constructor(files: Readonly<Record<string, string>>) {
    this.files = files
  }

  async uploadCode(path: string | undefined, include: readonly string[] = []): Promise<string> {
    this.uploads.push(...(path === undefined ? [] : [path]), ...include)
    return `${workspace}/codes/abc/versions/1`
  }

  async uploadData(path: string): Promise<{ uri: string; kind: 'file' | 'folder' }> {
    this.uploads.push(path)
    return { uri: 'azureml://datastores/workspaceblobstore/paths/LocalUpload/abc/data/', kind: 'folder' }
  }

  async uploadBuildContext(path: string): Promise<string> {
    this.uploads.push(path)
    return 'https://store.example/c/LocalUpload/abc/'
  }

  async latestVersion(): Promise<string> {
    return '7'
  }

  async nextVersion(): Promise<string> {
    return '8'
  }

  async ensureVersion(kind: string, name: string, version: string, body: unknown): Promise<string> {
    const id = `${workspace}/${kind}/${name}/versions/${version}`
    this.created.set(id, body)
    return id
  }

  async collectedData(): Promise<object> {
    return {}
  }

  async readText(path: string): Promise<string> {
    const text = this.files[path]
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }
}

interface Given {
  readonly files?: Readonly<Record<string, string>>
  readonly set?: readonly string[]
  readonly overrides?: Readonly<Record<string, unknown>>
}

async function load(family: Family, text: string, { files = {}, ...options }: Given = {}) {
  const assets = new RecordedAssets({ '/project/it.yml': text, ...files })
  const found = await loadResource(family, '/project/it.yml', assets, options)
  const properties = found.body['properties'] as Record<string, unknown>
  return { ...found, assets, properties }
}

const job = 'command: ls\nenvironment: azureml:e:1\n'

describe('names', () => {
  test('a job without a name gets one, which is also what is displayed', async () => {
    const { id, name, properties } = await load('job', job)
    expect(id).toBe(`${workspace}/jobs/${name}`)
    expect(name).toMatch(/^job-[0-9a-f]{8}$/)
    expect(properties).toMatchObject({ displayName: name, experimentName: 'Default' })
  })

  test('flags win over the file, and can be all there is', async () => {
    const found = await load('online-deployment', 'name: blue\nendpoint_name: house\ninstance_type: x\n', {
      overrides: { name: 'green', endpoint_name: 'other' },
    })
    expect(found.id).toBe(`${workspace}/onlineEndpoints/other/deployments/green`)
    const compute = await loadResource('compute', undefined, new RecordedAssets({}), {
      overrides: { name: 'cpu', type: 'AmlCompute', max_instances: 2 },
    })
    expect(compute).toMatchObject({
      id: `${workspace}/computes/cpu`,
      body: { properties: { computeType: 'AmlCompute', properties: { scaleSettings: { maxNodeCount: 2 } } } },
    })
  })

  test('a conda file alone is an environment', async () => {
    const { id, properties } = await load('environment', 'name: flights\ndependencies: [python, {pip: [numpy]}]\n')
    expect(id).toBe(`${workspace}/environments/flights/versions/8`)
    expect(properties).toEqual({ condaFile: 'dependencies:\n- python\n- pip:\n  - numpy\nname: flights\n' })
  })
})

describe('--set', () => {
  test('changes the file before it is checked: scalars, lists by index, members that were null or absent', async () => {
    const text = `${job}inputs: {rate: 0.1, file: {type: uri_file, path: "azureml:a:1"}}\noutputs:\ntags: {b: c}\n`
    const { properties } = await load('job', text, {
      set: ['inputs.rate=0.5', 'inputs.file.path=azureml:b:2', 'outputs.out.type=mltable', 'limits.timeout=90', 'tags.d=1.10'],
    })
    expect(properties).toMatchObject({
      inputs: { rate: { value: '0.5' }, file: { uri: `${workspace}/data/b/versions/2` } },
      outputs: { out: { jobOutputType: 'mltable' } },
      limits: { timeout: 'PT1M30S' },
      tags: { b: 'c', d: '1.1' },
    })
    const listed = await load('registry', 'name: r\nreplication_locations: [{location: a}, {location: b}]\n', {
      set: ['replication_locations.1.location=c'],
    })
    expect(listed.properties).toMatchObject({ regionDetails: [{ location: 'a' }, { location: 'c' }] })
  })

  test.each([
    ['nothing', '--set nothing: write it as a.b.c=value.'],
    ['command.x=1', "--set command.x=1: 'command' holds a single value, not members."],
    ['comand=ls', "unknown key 'comand'; did you mean 'command'?"],
  ])('%s is refused', async (change, message) => {
    await expect(load('job', job, { set: [change] })).rejects.toThrow(message)
  })
})

describe('mistakes are told with file, line, column and the nearest right thing', () => {
  test.each<[string, Family, string, string]>([
    ['a misspelt key', 'job', 'comand: ls\n', "/project/it.yml:1:1 unknown key 'comand'; did you mean 'command'?"],
    [
      'a nested key',
      'job',
      `${job}inputs:\n  x:\n    type: uri_file\n    pth: ./a\n`,
      "/project/it.yml:6:5 unknown key 'pth'; did you mean 'path'?",
    ],
    ['a missing key', 'job', 'command: ls\n', "/project/it.yml:1:1 'environment' is missing."],
    [
      'a wrong word',
      'job',
      `${job}inputs:\n  x: {type: uri_fle, path: ./a}\n`,
      "/project/it.yml:4:13 'type' is 'uri_fle'; did you mean 'uri_file'?",
    ],
    ['a wrong type', 'job', 'command: [ls]\nenvironment: azureml:e:1\n', "/project/it.yml:1:10 'command' must be text."],
    [
      'a number that is none',
      'compute',
      'name: c\ntype: amlcompute\nmax_instances: many\n',
      "it.yml:3:16 'max_instances' must be a number.",
    ],
    ['a kind of job that there is not', 'job', 'type: swep\n', "/project/it.yml:1:7 'type' is 'swep'; did you mean 'sweep'?"],
    [
      'a parallel job of its own',
      'job',
      'type: parallel\n',
      "/project/it.yml:1:7 a parallel job is a step of a pipeline; put it under 'jobs' of one.",
    ],
    [
      'a signal of an unknown type',
      'schedule',
      'name: m\ntrigger: {type: cron, expression: "0 3 * * *"}\ncreate_monitor:\n  monitoring_signals:\n    drift:\n      type: data_drif\n',
      '/project/it.yml:6:13 ',
    ],
    ['a key twice', 'model', 'name: a\nname: b\n', '/project/it.yml:2:1 '],
    [
      'a placeholder',
      'model',
      'name: a\npath: {{MODEL_PATH}}\n',
      'it.yml:2:7 {{MODEL_PATH}} is a placeholder; replace it before the file is used.',
    ],
    [
      'a file that is not there',
      'schedule',
      'name: s\ntrigger: {type: cron, expression: "* * * * *"}\ncreate_job: ./no.yml\n',
      '/project/it.yml:3:13 /project/no.yml cannot be read.',
    ],
    [
      'a sweep without limits',
      'job',
      'type: sweep\ntrial: {command: ls, environment: "azureml:e:1"}\nobjective: {goal: minimize, primary_metric: x}\n',
      "/project/it.yml:1:1 'limits' is missing.",
    ],
    [
      'a binding to nothing',
      'job',
      'type: pipeline\njobs:\n  clean: {command: ls, environment: "azureml:e:1"}\n  judge: {command: ls, environment: "azureml:e:1", inputs: {x: "${{parent.jobs.claen.outputs.y}}"}}\n',
      "/project/it.yml:4:64 ${{parent.jobs.claen.outputs.y}} names no step of this pipeline; did you mean 'clean'?",
    ],
    [
      'a loop over nothing',
      'job',
      'type: pipeline\njobs:\n  tune: {command: ls, environment: "azureml:e:1"}\n  again: {type: do_while, body: "${{parent.jobs.tun}}", limits: {max_iteration_count: 2}}\n',
      "/project/it.yml:4:33 ${{parent.jobs.tun}} names no step of this pipeline; did you mean 'tune'?",
    ],
    [
      'a choice without a block',
      'job',
      'type: pipeline\njobs:\n  choose: {type: if_else, condition: true}\n',
      "/project/it.yml:3:3 if_else needs a 'true_block' or a 'false_block'",
    ],
  ])('%s', async (_name, family, text, message) => {
    await expect(load(family, text)).rejects.toThrow(message)
  })

  test('what the original ignores is sent, with a warning', async () => {
    const step = 'jobs: {a: {command: ls, environment: "azureml:e:1"}}\n'
    const { properties, warnings } = await load('job', `type: pipeline\n${step}settings: {default_datestore: "azureml:x"}\n`)
    expect(properties['settings']).toEqual({ default_datestore: 'azureml:x', _source: 'YAML.JOB' })
    expect(warnings).toEqual(["/project/it.yml:3:12 unknown key 'default_datestore'; did you mean 'default_datastore'?"])
  })

  test('control flow is sent as the SDK sends it: items as JSON, data in them with its address', async () => {
    const step = '{command: ls, environment: "azureml:e:1"}'
    const { properties } = await load(
      'job',
      `type: pipeline
jobs:
  tune: ${step}
  choose: {type: if_else, condition: "\${{parent.jobs.tune.outputs.ok}}", true_block: ["\${{parent.jobs.tune}}"]}
  again: {type: do_while, body: "\${{parent.jobs.tune}}", mapping: {model: [start]}, limits: {max_iteration_count: 2}}
  each:
    type: parallel_for
    body: \${{parent.jobs.tune}}
    max_concurrency: 4
    items: [{n: 1, data: {type: uri_file, path: "https://example.org/a.csv"}}]
`,
    )
    expect(properties['jobs']).toMatchObject({
      choose: {
        name: 'choose',
        type: 'if_else',
        condition: '${{parent.jobs.tune.outputs.ok}}',
        true_block: ['${{parent.jobs.tune}}'],
      },
      again: { type: 'do_while', mapping: { model: ['start'] }, limits: { max_iteration_count: 2 } },
      each: {
        type: 'parallel_for',
        body: '${{parent.jobs.tune}}',
        max_concurrency: 4,
        items: '[{"n":1,"data":{"job_input_type":"uri_file","uri":"https://example.org/a.csv"}}]',
      },
    })
  })

  test('an expression in braces is no placeholder', () => {
    expect(new YamlFile('job.yml', 'command: echo ${{inputs.x}}\n').value).toEqual({ command: 'echo ${{inputs.x}}' })
  })
})

describe('files are taken as hostile', () => {
  const bomb = [
    'a0: &a0 [x]',
    ...Array.from({ length: 12 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`),
  ].join('\n')
  test.each([
    ['aliases of aliases', bomb, /^f\.yml:1:1 /],
    ['deep nesting', `${'a: {'.repeat(100)}${'}'.repeat(100)}`, /nested deeper than 64 levels/],
    ['a very deep nesting', '['.repeat(20_000), /^f\.yml:.* nested deeper than 64 levels/],
    ['ten megabytes', `a: ${'x'.repeat(10 * 1024 * 1024)}`, /larger than 1048576 characters/],
  ])('%s', (_name, text, message) => {
    expect(() => new YamlFile('f.yml', text)).toThrow(message)
  })

  test.each(['1.1', '1.2'] as const)('YAML %s: a single letter is a name, as for PyYAML', (version) => {
    const file = new YamlFile('f.yml', 'inputs: {n: 3, y: N, x: Y}\n', { version, set: ['inputs.z=y', 'inputs.k={n: 1}'] })
    expect(file.value).toEqual({ inputs: { n: 3, y: 'N', x: 'Y', z: 'y', k: { n: 1 } } })
  })

  test('YAML 1.1: the words for true and false stay words for true and false', () => {
    const text = '[yes, No, on, OFF, True, false]\n'
    expect(new YamlFile('f.yml', text, { version: '1.1' }).value).toEqual([true, false, true, false, true, false])
    expect(new YamlFile('f.yml', text).value).toEqual(['yes', 'No', 'on', 'OFF', true, false])
  })

  test('a key cannot reach the prototype of objects', () => {
    const { value } = new YamlFile('f.yml', '__proto__: {polluted: true}\n')
    expect((value as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

test('anonymous versions are named by their content', async () => {
  const text = 'command: "true"\nenvironment: {image: "python:3.11", conda_file: ./conda.yml}\n'
  const files = { '/project/conda.yml': 'dependencies: [python]\nchannels: [conda-forge]\n' }
  const [one, two] = [await load('job', text, { files }), await load('job', text, { files })]
  expect(one.properties['environmentId']).toMatch(/\/environments\/CliV2AnonymousEnvironment\/versions\/[0-9a-f]{32}$/)
  expect(two.properties['environmentId']).toBe(one.properties['environmentId'])
  expect([...one.assets.created.values()]).toEqual([
    {
      properties: {
        image: 'python:3.11',
        condaFile: 'channels:\n- conda-forge\ndependencies:\n- python\n',
        isAnonymous: true,
        isArchived: false,
      },
    },
  ])
})

test('code comes with what additional_includes and a side file name', async () => {
  const text = 'name: c\ncommand: ls\nenvironment: azureml:e:1\ncode: ./src\n'
  const listed = await load('component', `${text}additional_includes: [../shared]\n`)
  expect(listed.assets.uploads).toEqual(['/project/src', '/shared'])
  const beside = await load('component', text, { files: { '/project/it.additional_includes': '# more\n../shared/a.py\n\n' } })
  expect(beside.assets.uploads).toEqual(['/project/src', '/shared/a.py'])
})

test.each([
  [3600, 'PT1H'],
  [90, 'PT1M30S'],
  [0.5, 'PT0.5S'],
  [0, 'PT0S'],
  [3661, 'PT1H1M1S'],
  [86_400, 'P1D'],
])('%d seconds are %s', (seconds, duration) => {
  expect(durationOfSeconds(seconds)).toBe(duration)
})

test.each([
  [1, '1.0'],
  [0.1, '0.1'],
  [0.00001, '1e-05'],
  [1.5e-7, '1.5e-07'],
  [1e16, '1e+16'],
  [123_456_789, '123456789.0'],
])('the number %d is printed as %s', (value, printed) => {
  expect(pythonFloat(value)).toBe(printed)
})
