import type { Area, Members, Variant } from './types.ts'

const message = 'not supported'
const files = { uri: 'azureml://datastores/workspaceblobstore/paths/files/' }
const asset = (name: string, path: string, properties: Members, rest: Partial<Variant> = {}): Variant =>
  ({ name, path, body: { properties }, runs: 'kept', ...rest }) as Variant
const used = { runs: 'yes', provenBy: 'server/src/domains/jobs/pipeline-job.test.ts' } as const
const served = { runs: 'yes', provenBy: 'server/src/domains/endpoints/endpoints.test.ts' } as const

const component = (type: string, members: Members, rest: Partial<Variant>): Variant =>
  asset(
    type,
    `components/${type.replaceAll('_', '-')}/versions/1`,
    { componentSpec: { name: type, version: '1', type, ...members } },
    rest,
  )
const refused: Partial<Variant> = { runs: 'refused', when: 'step', message }
const command = { command: 'echo hello', environment: 'azureml:conda:1' }

export const assets: Area = {
  title: 'Data, models, code',
  variants: [
    asset('data: uri_file', 'data/file/versions/1', { dataType: 'uri_file', dataUri: `${files.uri}a.csv` }, used),
    asset('data: uri_folder', 'data/folder/versions/1', { dataType: 'uri_folder', dataUri: files.uri }, used),
    asset(
      'data: mltable',
      'data/table/versions/1',
      { dataType: 'mltable', dataUri: files.uri, referencedUris: ['./a.csv'] },
      {
        runs: 'yes',
        provenBy: 'server/test/compat/parallel-tables.slow.test.ts',
      },
    ),
    asset('model: custom_model', 'models/custom/versions/1', { modelType: 'custom_model', modelUri: files.uri }, served),
    asset(
      'model: mlflow_model',
      'models/mlflow/versions/1',
      { modelType: 'mlflow_model', modelUri: files.uri, flavors: {} },
      {
        runs: 'yes',
        provenBy: 'server/test/compat/no-code-mlflow.slow.test.ts',
      },
    ),
    asset(
      'model: triton_model',
      'models/triton/versions/1',
      { modelType: 'triton_model', modelUri: files.uri },
      {
        runs: 'kept',
        note: 'there is no Triton server here',
      },
    ),
    asset('code', 'codes/code/versions/1', { codeUri: files.uri }, used),
  ],
}

export const environments: Area = {
  title: 'Environments',
  variants: [
    asset(
      'conda file',
      'environments/conda/versions/1',
      { condaFile: 'name: e\ndependencies:\n  - python\n' },
      {
        runs: 'yes',
        provenBy: 'server/src/domains/environments/environments.test.ts',
      },
    ),
    asset(
      'image with conda file',
      'environments/image-conda/versions/1',
      { image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04', condaFile: 'name: e\ndependencies:\n  - python\n' },
      {
        runs: 'yes',
        note: 'the conda file is installed, the image is not pulled',
        provenBy: 'server/src/domains/environments/plan-environment.test.ts',
      },
    ),
    asset(
      'image with inference configuration',
      'environments/inference/versions/1',
      {
        image: 'mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest',
        inferenceConfig: { livenessRoute: { port: 5001, path: '/live' } },
      },
      {
        runs: 'yes',
        note: 'images that the mapping file knows',
        provenBy: 'server/src/domains/environments/plan-environment.test.ts',
      },
    ),
    asset(
      'Docker build',
      'environments/docker/versions/1',
      { build: { contextUri: 'https://store.example/c/context/', dockerfilePath: 'Dockerfile' } },
      { runs: 'refused', when: 'environment', message },
    ),
  ],
}

export const components: Area = {
  title: 'Components',
  variants: [
    component('command', command, used),
    component(
      'pipeline',
      { jobs: { say: { type: 'command', command: 'echo hello' } } },
      { ...used, name: 'pipeline', path: 'components/flow/versions/1' },
    ),
    component(
      'parallel',
      { task: { type: 'run_function', code: 'azureml:code:1', entry_script: 'score.py', environment: 'azureml:conda:1' } },
      { runs: 'yes', provenBy: 'server/src/domains/jobs/parallel/parallel-step.test.ts' },
    ),
    component('spark', { entry: { file: 'main.py' }, code: 'azureml:code:1' }, refused),
    component('automl', { task: 'classification' }, refused),
    component('import', { source: { type: 'database' } }, refused),
    component('data_transfer', { task: 'copy_data' }, refused),
  ],
}

const inRegistry = (name: string, path: string, properties: Members): Variant =>
  asset(name, path, properties, {
    below: 'registry',
    runs: 'yes',
    provenBy: 'server/src/domains/registries/registries.test.ts',
  })
const registryFiles = { uri: 'azureml://registries/compatibility/datastores/files/paths/m/' }

export const registryAssets: Area = {
  title: 'Assets of registries',
  variants: [
    inRegistry('model', 'models/m/versions/1', { modelType: 'custom_model', modelUri: registryFiles.uri }),
    inRegistry('data', 'data/d/versions/1', { dataType: 'uri_folder', dataUri: registryFiles.uri }),
    inRegistry('environment', 'environments/e/versions/1', { condaFile: 'name: e\ndependencies:\n  - python\n' }),
    inRegistry('code', 'codes/c/versions/1', { codeUri: registryFiles.uri }),
    inRegistry('component', 'components/c/versions/1', {
      componentSpec: { name: 'c', version: '1', type: 'command', command: 'echo hello' },
    }),
  ],
}

export const featureStore: Area = {
  title: 'Feature store',
  variants: [
    {
      name: 'feature store',
      path: 'providers/Microsoft.MachineLearningServices/workspaces/features',
      below: 'group',
      body: {
        location: 'local',
        kind: 'FeatureStore',
        properties: { featureStoreSettings: { computeRuntime: { sparkRuntimeVersion: '3.4' } } },
      },
      runs: 'kept',
    },
    asset('entity', 'featurestoreEntities/account/versions/1', {
      indexColumns: [{ columnName: 'accountID', dataType: 'String' }],
      stage: 'Development',
    }),
    asset(
      'feature set',
      'featuresets/transactions/versions/1',
      { entities: ['azureml:account:1'], specification: { path: files.uri }, stage: 'Development' },
      { runs: 'refused', when: 'POST backfill', message },
    ),
  ],
}
