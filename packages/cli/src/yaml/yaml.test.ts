import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataAsset, environmentAsset } from './assets.ts'
import { onlineDeployment, onlineEndpoint } from './endpoints.ts'
import { jobProperties } from './jobs.ts'
import { componentSpec } from './pipeline-job.ts'
import { schedule } from './schedules.ts'
import { durationOfSeconds } from './values.ts'
import type { WorkspaceAssets } from './workspace-assets.ts'
import { readYamlFile, YamlFile, YamlNode } from './yaml-file.ts'

const workspace = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w'

/** A workspace that remembers what it was asked; its newest version of everything is 7. */
class RecordedAssets implements WorkspaceAssets {
  readonly workspaceId = workspace
  readonly uploads: string[] = []
  readonly created = new Map<string, unknown>()

  async uploadCode(path: string): Promise<string> {
    this.uploads.push(path)
    return `${workspace}/codes/abc/versions/1`
  }

  async uploadData(path: string): Promise<{ uri: string; kind: 'file' | 'folder' }> {
    this.uploads.push(path)
    return { uri: 'azureml://datastores/workspaceblobstore/paths/LocalUpload/abc/data/', kind: 'folder' }
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

  async readText(): Promise<string> {
    return 'dependencies: [python]\n'
  }
}

const parse = (text: string, changes: readonly (readonly [string, string])[] = []): YamlNode =>
  new YamlNode(new YamlFile('/project/job.yml', text, changes))

const commandText = `command: python train.py --data \${{inputs.data}} --lr \${{ inputs.lr }} $[[--seed \${{inputs.seed}}]]
code: ./src
environment: azureml:tabular@latest
compute: azureml:local
inputs:
  data: {type: uri_file, path: "azureml:prices@latest", mode: download}
  lr: 0.1
  fast: true
outputs:
  model: {type: mlflow_model}
  rest:
limits: {timeout: 3600}
distribution: {type: pytorch, process_count_per_instance: 2}
`

describe('command jobs', () => {
  test('become what the SDK sends: ids for assets, text for literals, ISO durations', async () => {
    const assets = new RecordedAssets()
    expect(await jobProperties(parse(commandText), assets)).toEqual({
      jobType: 'Command',
      command: 'python train.py --data ${{inputs.data}} --lr ${{ inputs.lr }} $[[--seed ${{inputs.seed}}]]',
      codeId: `${workspace}/codes/abc/versions/1`,
      environmentId: `${workspace}/environments/tabular/versions/7`,
      computeId: `${workspace}/computes/local`,
      inputs: {
        data: { jobInputType: 'uri_file', uri: `${workspace}/data/prices/versions/7`, mode: 'Download' },
        lr: { jobInputType: 'literal', value: '0.1' },
        fast: { jobInputType: 'literal', value: 'True' },
      },
      outputs: { model: { jobOutputType: 'mlflow_model' }, rest: { jobOutputType: 'uri_folder' } },
      limits: { jobLimitsType: 'Command', timeout: 'PT1H' },
      distribution: { distributionType: 'PyTorch', processCountPerInstance: 2 },
    })
    expect(assets.uploads).toEqual(['/project/src'])
  })

  test('--set changes the file before it is checked', async () => {
    const properties = await jobProperties(
      parse(commandText, [
        ['inputs.lr', '0.5'],
        ['limits.timeout', '90'],
      ]),
      new RecordedAssets(),
    )
    expect(properties['inputs']).toMatchObject({ lr: { value: '0.5' } })
    expect(properties['limits']).toMatchObject({ timeout: 'PT1M30S' })
  })

  test('an inline environment becomes an anonymous version, the same for the same content', async () => {
    const text = 'command: "true"\nenvironment: {image: "python:3.11", conda_file: ./conda.yml}\n'
    const [first, second] = [new RecordedAssets(), new RecordedAssets()]
    const one = await jobProperties(parse(text), first)
    const two = await jobProperties(parse(text), second)
    expect(one['environmentId']).toMatch(/\/environments\/CliV2AnonymousEnvironment\/versions\/[0-9a-f]{32}$/)
    expect(two['environmentId']).toBe(one['environmentId'])
    expect([...first.created.values()]).toEqual([
      { properties: { image: 'python:3.11', condaFile: 'dependencies: [python]\n', isAnonymous: true } },
    ])
  })
})

describe('mistakes are told with file, line, column and the nearest right thing', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'a misspelt key',
      'comand: ls\nenvironment: azureml:e:1\n',
      "/project/job.yml:1:1 unknown key 'comand'; did you mean 'command'?",
    ],
    [
      'a nested key',
      'command: ls\nenvironment: azureml:e:1\ninputs:\n  x:\n    type: uri_file\n    pth: ./a\n',
      "/project/job.yml:6:5 unknown key 'pth'; did you mean 'path'?",
    ],
    ['a missing key', 'command: ls\n', "/project/job.yml:1:1 'environment' is missing."],
    [
      'a wrong word',
      'command: ls\nenvironment: azureml:e:1\ninputs:\n  x: {type: uri_fle, path: ./a}\n',
      "/project/job.yml:4:13 'type' is 'uri_fle'; did you mean 'uri_file'?",
    ],
    ['a wrong type', 'command: [ls]\nenvironment: azureml:e:1\n', "/project/job.yml:1:10 'command' must be text."],
    [
      'a job kind that is not offered',
      'type: sweep\ntrial: {}\n',
      "/project/job.yml:1:7 jobs of type 'sweep' are not offered; command and pipeline are.",
    ],
  ]

  test.each(cases)('%s', async (_name, text, message) => {
    await expect(jobProperties(parse(text), new RecordedAssets())).rejects.toThrow(message)
  })

  test('text that is no YAML', () => {
    expect(() => new YamlFile('model.yml', 'name: a\nname: b\n')).toThrow(/^model\.yml:2:1 .*unique/)
  })

  test('a placeholder that was not filled in, but not an expression', () => {
    expect(() => new YamlFile('model.yml', 'name: a\npath: {{MODEL_PATH}}\n')).toThrow(
      'model.yml:2:7 {{MODEL_PATH}} is a placeholder; replace it before the file is used.',
    )
    expect(new YamlFile('job.yml', 'command: echo ${{inputs.x}}\n').value).toEqual({ command: 'echo ${{inputs.x}}' })
  })

  test('a file that is not there', async () => {
    await expect(readYamlFile('/nowhere/job.yml')).rejects.toThrow('/nowhere/job.yml: there is no such file.')
  })
})

const pipelineText = `type: pipeline
settings: {default_compute: "azureml:local", continue_on_step_failure: false}
inputs:
  raw: {type: uri_folder, path: ./data}
  months: "1,2"
outputs:
  report:
jobs:
  clean:
    command: python clean.py --in \${{inputs.raw}} --months \${{inputs.months}} --out \${{outputs.tidy}}
    code: ./src
    environment: azureml:tabular:3
    inputs: {raw: "\${{parent.inputs.raw}}", months: "\${{parent.inputs.months}}"}
    outputs: {tidy: }
  judge:
    type: command
    component: judge.yml
    inputs: {tidy: "\${{parent.jobs.clean.outputs.tidy}}"}
    outputs: {report: "\${{parent.outputs.report}}"}
`

describe('pipelines', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fulcrum-yaml-'))
    await write('pipeline.yml', pipelineText)
    await write(
      'judge.yml',
      'type: command\nname: judge\ncommand: python judge.py ${{inputs.tidy}} ${{outputs.report}}\nenvironment: azureml:tabular:3\ninputs: {tidy: {type: uri_folder}}\noutputs: {report: {type: uri_folder}}\n',
    )
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), text)
  }

  test('keep their bindings; inline steps and component files become anonymous components', async () => {
    const assets = new RecordedAssets()
    const properties = await jobProperties(new YamlNode(await readYamlFile(join(directory, 'pipeline.yml'))), assets)
    expect(properties).toMatchObject({
      jobType: 'Pipeline',
      settings: { default_compute: `${workspace}/computes/local`, continue_on_step_failure: false },
      inputs: { raw: { jobInputType: 'uri_folder' }, months: { jobInputType: 'literal', value: '1,2' } },
      jobs: {
        clean: { type: 'command', inputs: { raw: { job_input_type: 'literal', value: '${{parent.inputs.raw}}' } }, outputs: {} },
        judge: {
          inputs: { tidy: { value: '${{parent.jobs.clean.outputs.tidy}}' } },
          outputs: { report: { type: 'literal', value: '${{parent.outputs.report}}' } },
        },
      },
    })
    expect(assets.uploads).toEqual([join(directory, 'data'), join(directory, 'src')])
    const specs = [...assets.created.values()].map(
      (body) => (body as { properties: { componentSpec: Record<string, unknown> } }).properties.componentSpec,
    )
    expect(specs).toHaveLength(2)
    expect(specs[0]).toMatchObject({
      code: `azureml:${workspace}/codes/abc/versions/1`,
      environment: `azureml:${workspace}/environments/tabular/versions/3`,
      inputs: { raw: { type: 'uri_folder' }, months: { type: 'string' } },
      outputs: { tidy: { type: 'uri_folder' } },
    })
  })

  test('a binding to nothing is told where it stands', async () => {
    await write('wrong.yml', pipelineText.replace('parent.jobs.clean.outputs', 'parent.jobs.claen.outputs'))
    const node = new YamlNode(await readYamlFile(join(directory, 'wrong.yml')))
    await expect(jobProperties(node, new RecordedAssets())).rejects.toThrow(
      /wrong\.yml:18:20 .*claen.* names no step of this pipeline; did you mean 'clean'\?/,
    )
  })

  test('components carry defaults as text', async () => {
    const spec = await componentSpec(
      parse(
        'type: command\nname: c\ncommand: run ${{inputs.n}}\nenvironment: azureml:e:1\ninputs: {n: {type: integer, default: 5, optional: true}}\n',
      ),
      new RecordedAssets(),
    )
    expect(spec['inputs']).toEqual({ n: { type: 'integer', default: '5', optional: true } })
  })
})

describe('assets, endpoints and schedules', () => {
  test('a conda file alone is an environment', async () => {
    const { id, body } = await environmentAsset(
      parse('name: flights\ndependencies: [python, {pip: [numpy]}]\n'),
      new RecordedAssets(),
    )
    expect(id).toBe(`${workspace}/environments/flights/versions/8`)
    expect(body).toEqual({ properties: { condaFile: 'dependencies:\n  - python\n  - pip:\n      - numpy\nname: flights\n' } })
  })

  test('data of this computer is uploaded, data elsewhere is named', async () => {
    const assets = new RecordedAssets()
    const local = await dataAsset(parse('name: d\nversion: 3\ntype: uri_folder\npath: ./d\n'), assets)
    expect(local).toEqual({
      id: `${workspace}/data/d/versions/3`,
      body: {
        properties: { dataType: 'uri_folder', dataUri: 'azureml://datastores/workspaceblobstore/paths/LocalUpload/abc/data/' },
      },
    })
    const remote = await dataAsset(
      parse('name: d\nversion: 4\ntype: uri_file\npath: azureml://datastores/lake/paths/a.csv\n'),
      assets,
    )
    expect(remote.body).toEqual({ properties: { dataType: 'uri_file', dataUri: 'azureml://datastores/lake/paths/a.csv' } })
    expect(assets.uploads).toEqual(['/project/d'])
  })

  test('deployments count instances in the sku, and milliseconds become durations', async () => {
    const text = `name: blue
endpoint_name: house
model: azureml:prices:2
instance_type: Standard_DS3_v2
instance_count: 2
request_settings: {request_timeout_ms: 90000, max_queue_wait_ms: 500}
liveness_probe: {initial_delay: 10}
data_collector: {collections: {model_inputs: {enabled: "True"}, model_outputs: {enabled: false}}}
`
    const { id, body } = await onlineDeployment(parse(text), new RecordedAssets(), { endpoint: 'other' })
    expect(id).toBe(`${workspace}/onlineEndpoints/other/deployments/blue`)
    expect(body).toMatchObject({
      sku: { name: 'Default', capacity: 2 },
      properties: {
        model: `${workspace}/models/prices/versions/2`,
        requestSettings: { requestTimeout: 'PT1M30S', maxQueueWait: 'PT0.5S' },
        livenessProbe: { initialDelay: 'PT10S' },
        dataCollector: {
          collections: { model_inputs: { dataCollectionMode: 'Enabled' }, model_outputs: { dataCollectionMode: 'Disabled' } },
        },
      },
    })
  })

  test('endpoints say how callers sign in', async () => {
    const { body } = await onlineEndpoint(
      parse('name: house\nauth_mode: aml_token\ntraffic: {blue: 100}\n'),
      new RecordedAssets(),
    )
    expect(body).toMatchObject({ properties: { authMode: 'AMLToken', traffic: { blue: 100 } } })
  })

  test('schedules take single hours and create jobs written in place', async () => {
    const text = `name: nightly
trigger: {type: recurrence, frequency: day, interval: 1, schedule: {hours: 3, minutes: [15]}}
create_job: {command: "true", environment: "azureml:e:1"}
`
    const { body } = await schedule(parse(text), new RecordedAssets())
    expect(body).toMatchObject({
      properties: {
        trigger: { triggerType: 'Recurrence', frequency: 'day', schedule: { hours: [3], minutes: [15] }, timeZone: 'UTC' },
        action: { actionType: 'CreateJob', jobDefinition: { jobType: 'Command' } },
      },
    })
  })

  test('a signal of an unknown type is told in the file', async () => {
    const text = `name: m
trigger: {type: cron, expression: "0 3 * * *"}
create_monitor:
  monitoring_signals:
    drift:
      type: data_drif
`
    await expect(schedule(parse(text), new RecordedAssets())).rejects.toThrow(/^\/project\/job\.yml:6:13 .*data_drif/)
  })
})

test.each([
  [3600, 'PT1H'],
  [90, 'PT1M30S'],
  [0.5, 'PT0.5S'],
  [0, 'PT0S'],
  [3661, 'PT1H1M1S'],
])('%d seconds are %s', (seconds, duration) => {
  expect(durationOfSeconds(seconds)).toBe(duration)
})
