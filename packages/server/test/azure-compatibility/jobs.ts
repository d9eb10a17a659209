import type { Area, Members, Runs, Variant } from './types.ts'

const message = 'not supported'
const job = (name: string, properties: Members, rest: Partial<Variant> = {}): Variant =>
  ({
    name,
    path: `jobs/${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
    body: { properties },
    runs: 'yes',
    ...rest,
  }) as Variant

const data = { uri: 'azureml:table:1', jobInputType: 'mltable' }
const refusedJob: Runs = { runs: 'refused', when: 'job', message }
const table: Runs = { runs: 'yes', provenBy: 'server/test/compat/automl.slow.test.ts' }
const autoMl = (taskType: string, members: Members = {}, runs: Runs = refusedJob): Variant =>
  job(
    `AutoML ${taskType}`,
    {
      jobType: 'AutoML',
      taskDetails: { taskType, targetColumnName: 'y', trainingData: data, limitSettings: { maxTrials: 1 }, ...members },
      outputs: { best_model: { jobOutputType: 'mlflow_model' } },
      // The search itself is another test's: one trial, in an environment that has nothing to search with.
      environmentId: 'azureml:conda:1',
    },
    runs,
  )
const sweep = {
  samplingAlgorithm: { samplingAlgorithmType: 'Random', seed: 1 },
  objective: { primaryMetric: 'loss', goal: 'Minimize' },
  limits: { jobLimitsType: 'Sweep', maxTotalTrials: 1, maxConcurrentTrials: 1 },
}
const say = { type: 'command', command: 'echo ${{inputs.word}}', inputs: { word: 'hello' } }
const pipelineOf = (step: Members, members: Members = {}): Members => ({ jobType: 'Pipeline', jobs: { step }, ...members })
const refusedStep = (type: string, members: Members): Variant =>
  job(`step of type ${type}`, pipelineOf({ type, ...members }), { runs: 'refused', when: 'job', message })

const ask = {
  type: 'command',
  component: {
    type: 'command',
    command: 'echo ${{inputs.word}}; echo false > ${{outputs.flag}}',
    inputs: { word: { type: 'string', default: 'hello' } },
    outputs: { flag: { type: 'boolean', is_control: true } },
  },
}
/** A control-flow node beside a step with a control output, and another step. */
const controlStep = (type: string, members: Members): Variant =>
  job(
    `step of type ${type}`,
    { jobType: 'Pipeline', jobs: { step: ask, other: say, node: { type, ...members } } },
    { runs: 'yes', provenBy: 'server/src/domains/jobs/control-flow/control-flow.test.ts' },
  )

export const jobs: Area = {
  title: 'Jobs',
  variants: [
    job('Command', {
      jobType: 'Command',
      command: 'echo ${{inputs.word}}',
      inputs: { word: { jobInputType: 'literal', value: 'hello' } },
      resources: { instanceCount: 1, shmSize: '2g' },
      limits: { jobLimitsType: 'Command', timeout: 'PT1H' },
      identity: { identityType: 'AMLToken' },
    }),
    job('Pipeline', pipelineOf(say, { settings: { continue_on_step_failure: false, default_compute: 'local' } })),
    job('Pipeline of a component', { jobType: 'Pipeline', componentId: 'azureml:flow:1' }),
    job('Pipeline by source job', { jobType: 'Pipeline', sourceJobId: 'pipeline' }),
    job(
      'Sweep',
      {
        jobType: 'Sweep',
        ...sweep,
        searchSpace: { rate: ['uniform', [0, 1]] },
        trial: { command: 'echo ${{search_space.rate}}' },
      },
      { runs: 'yes', provenBy: 'server/src/domains/jobs/sweep/sweep-job.test.ts' },
    ),
    job(
      'Spark',
      {
        jobType: 'Spark',
        codeId: 'azureml:code:1',
        entry: { sparkJobEntryType: 'SparkJobPythonEntry', file: 'main.py' },
        conf: { 'spark.driver.cores': '1' },
        resources: { instanceType: 'Standard_E4s_v3', runtimeVersion: '3.4' },
      },
      { runs: 'refused', when: 'job', message },
    ),
    autoMl('Classification', { primaryMetric: 'Accuracy' }, table),
    autoMl('Regression', {}, table),
    autoMl('Forecasting', { forecastingSettings: { timeColumnName: 't' } }, table),
    autoMl('TextClassification'),
    autoMl('TextClassificationMultilabel'),
    autoMl('TextNER'),
    autoMl('ImageClassification'),
    autoMl('ImageClassificationMultilabel'),
    autoMl('ImageObjectDetection'),
    autoMl('ImageInstanceSegmentation'),
    job(
      'Labeling',
      { jobType: 'Labeling', labelCategories: {}, dataConfiguration: { dataId: 'azureml:table:1' } },
      { runs: 'refused', when: 'job', message },
    ),
    job(
      'FineTuning',
      { jobType: 'FineTuning', fineTuningDetails: { modelProvider: 'Custom', taskType: 'ChatCompletion', trainingData: data } },
      { runs: 'refused', when: 'job', message },
    ),
  ],
}

export const steps: Area = {
  title: 'Steps of pipelines',
  variants: [
    job('step of type command', pipelineOf(say)),
    job('step of type pipeline', pipelineOf({ type: 'pipeline', componentId: 'azureml:flow:1' })),
    job(
      'step of type parallel',
      pipelineOf({
        type: 'parallel',
        inputs: { files: { job_input_type: 'uri_folder', uri: 'azureml:folder:1' } },
        input_data: '${{inputs.files}}',
        mini_batch_size: '1',
        task: { type: 'run_function', code: 'azureml:code:1', entry_script: 'score.py', environment: 'azureml:conda:1' },
        outputs: { out: { type: 'uri_file' } },
      }),
      { runs: 'yes', provenBy: 'server/src/domains/jobs/parallel/parallel-step.test.ts' },
    ),
    job(
      'step of type sweep',
      pipelineOf({
        type: 'sweep',
        sampling_algorithm: 'random',
        objective: { goal: 'minimize', primary_metric: 'loss' },
        limits: { max_total_trials: 1 },
        search_space: { rate: { type: 'uniform', min_value: 0, max_value: 1 } },
        trial: { type: 'command', command: 'echo ${{inputs.rate}}', inputs: { rate: { type: 'number' } } },
      }),
      { runs: 'yes', provenBy: 'server/src/domains/jobs/sweep/sweep-job.test.ts' },
    ),
    refusedStep('spark', { entry: { file: 'main.py' }, code: 'azureml:code:1' }),
    job(
      'step of type automl',
      pipelineOf({
        type: 'automl',
        task: 'classification',
        target_column_name: 'y',
        training_data: { type: 'mltable', path: 'azureml:table:1' },
        limits: { max_trials: 1 },
        environment_id: 'azureml:conda:1',
        outputs: { best_model: { job_output_type: 'mlflow_model' } },
      }),
      { runs: 'yes', provenBy: 'server/test/compat/automl.slow.test.ts' },
    ),
    refusedStep('import', { source: { type: 'database', query: 'select 1' }, outputs: { output: { type: 'mltable' } } }),
    refusedStep('data_transfer', { task: 'copy_data', data_copy_mode: 'merge_with_overwrite' }),
    controlStep('if_else', { condition: '${{parent.jobs.step.outputs.flag}}', true_block: '${{parent.jobs.other}}' }),
    controlStep('do_while', {
      body: '${{parent.jobs.step}}',
      condition: 'flag',
      mapping: { flag: ['word'] },
      limits: { max_iteration_count: 2 },
    }),
    controlStep('parallel_for', {
      body: '${{parent.jobs.step}}',
      items: '[{"word": "a"}, {"word": "b"}]',
      max_concurrency: 1,
      outputs: { flag: {} },
    }),
    refusedStep('finetuning', { task: 'ChatCompletion' }),
  ],
}
