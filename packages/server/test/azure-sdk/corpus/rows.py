"""The public corpus (azureml-examples, folder `cli/`), row by row: what is done, and the end that is expected."""

import json
import os
import re
import subprocess
import time

from azure.ai.ml import Input
from azure.ai.ml.entities import AmlCompute, KubernetesCompute, Model

from doors import CLI, Failed, Sdk, Shim

SAMPLE_SCORES = [11055.977245525677, 4503.079536107787]


def expect(condition, message):
    """@raises Failed with the message"""
    if not condition:
        raise Failed(message)


def holds(door, name, *wanted):
    """Every wanted text stands in the job's files."""
    text = door.text(name)
    for each in wanted:
        expect(each in text, '%r is not in the files of %s: %s' % (each, name, text[-800:]))


def fulcrum(*words):
    """What an operator does with `fulcrum …`."""
    subprocess.run([*json.loads(os.environ['FULCRUM_SDK_COMMAND']), *words], check=True, capture_output=True)


def unique(prefix):
    """A name not used before, as endpoints may have."""
    return '%s-%x' % (prefix, time.time_ns() // 1_000_000 % 0xffffffff)


def p1(door):
    holds(door, door.run('jobs/basics/hello-world-env-var.yml'), 'hello world')
    holds(door, door.run('jobs/basics/hello-world-input.yml'), 'hello world', '42')


def p2(door):
    from azure.storage.blob import BlobClient
    store = door.client.datastores.get('workspaceblobstore', include_secrets=True)
    url = 'https://%s.blob.%s/%s/example-data/iris.csv?%s' % (
        store.account_name, store.endpoint, store.container_name, store.credentials.sas_token)
    BlobClient.from_blob_url(url).upload_blob((CLI / 'assets/data/example-data/iris.csv').read_bytes(), overwrite=True)
    holds(door, door.run('jobs/basics/hello-iris-datastore-file.yml'), '--iris-csv: ', '5.09999')


def p3(door):
    holds(door, door.run('jobs/basics/hello-model-as-input.yml'), 'MLmodel')


def p4(door):
    name = door.run('jobs/basics/hello-mlflow.yml')
    holds(door, name, 'hello')


def p5(door):
    fulcrum('mirror', 'add', 'wasbs://datasets@azuremlexamples.blob.core.windows.net/',
            str(CLI / 'jobs/pipelines/add-column-and-word-count-using-spark/data'))
    name = door.run('jobs/single-step/scikit-learn/iris/job.yml')
    expect(any('MLmodel' in path for path in door.files(name)), 'autolog left no model')


def p6(door):
    name = door.run('jobs/basics/hello-sweep.yml')
    expect(len(list(door.client.jobs.list(parent_job_name=name))) == 4, 'four trials were asked for')
    expect(door.client.jobs.get(name).properties.get('best_child_run_id'), 'no best trial')


def p7(door):
    holds(door, door.run('jobs/basics/hello-pipeline-abc.yml'), 'hello hello world')
    holds(door, door.run('jobs/basics/hello-pipeline-io.yml'), 'hello', 'world')


def p8(door):
    name = door.run('jobs/pipelines/nyc-taxi/pipeline.yml', seconds=1500)
    text = door.text(name)
    figure = re.search(r'Mean squared error: ([0-9.]+)', text)
    expect(figure and abs(float(figure.group(1)) - 12.05) < 1.5, 'MSE is not about 12.05: %s' % (figure and figure.group(0)))


def p9(door):
    holds(door, door.run('jobs/pipelines-with-components/basics/1a_e2e_local_components/pipeline.yml'), 'hello training world')
    door.run('jobs/pipelines-with-components/basics/3b_pipeline_with_data/pipeline.yml')


def p10(door):
    door.run('jobs/pipelines-with-components/pipeline_with_pipeline_component/pipeline_with_train_eval_pipeline_component/pipeline.yml')


def p11(door):
    for package in ('tensorflow==2.9.3', 'azureml-*'):
        fulcrum('env-map', 'add', 'package:' + package)
    fulcrum('env-map', 'add', 'package:cloudpickle==1.1.1', '-r', 'cloudpickle>=2')
    # MLflow 3 does not save a gradient boosting model as this script asks for it.
    fulcrum('env-map', 'add', 'package:mlflow', '-r', 'mlflow<3')
    # Its wheels are built for numpy 1, which they do not say.
    fulcrum('env-map', 'add', 'package:scikit-learn~=1.2.2', '-r', 'scikit-learn~=1.2.2', 'numpy<2')
    door.run('jobs/parallel/1a_oj_sales_prediction/pipeline.yml', seconds=1800)


def p12(door):
    made = door.create('component', 'assets/component/train.yml', name=unique('train').replace('-', '_'))
    expect(made, 'nothing was made')


def p13(door):
    folder = 'endpoints/batch/deploy-pipelines/hello-batch'
    cluster(door, 'batch-cluster')
    endpoint = unique('hello')
    door.create('component', folder + '/hello-component/hello.yml', version=str(int(time.time())))
    door.create('batch-endpoint', folder + '/endpoint.yml', name=endpoint)
    door.create('batch-deployment', folder + '/deployment.yml', endpoint_name=endpoint)
    job = door.client.batch_endpoints.invoke(endpoint_name=endpoint, deployment_name='hello-batch-dpl')
    expect(door.finish(job.name) == 'Completed', 'the invoked pipeline did not complete')
    door.client.batch_endpoints.begin_delete(endpoint).result()


def p14(door):
    door.create('model', 'assets/model/local-file.yml')
    door.create('data', 'assets/data/local-folder.yml')
    door.create('environment', 'assets/environment/docker-image-plus-conda.yaml')


def p15(door):
    online(door, 'endpoints/online/managed/sample/endpoint.yml', 'endpoints/online/managed/sample/blue-deployment.yml')


def p16(door):
    door.client.compute.begin_create_or_update(KubernetesCompute(
        name='inferencecompute', namespace='default',
        resource_id='/subscriptions/0/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/k')).result()
    online(door, 'endpoints/online/kubernetes/kubernetes-endpoint.yml', 'endpoints/online/kubernetes/kubernetes-blue-deployment.yml')


def online(door, endpoint_file, deployment_file):
    """Endpoint, deployment, all traffic, sample request, deletion."""
    endpoint = unique('oep')
    door.create('online-endpoint', endpoint_file, name=endpoint)
    door.create('online-deployment', deployment_file, endpoint_name=endpoint)
    found = door.client.online_endpoints.get(endpoint)
    found.traffic = {'blue': 100}
    door.client.online_endpoints.begin_create_or_update(found).result()
    answer = door.client.online_endpoints.invoke(endpoint, request_file=str(CLI / 'endpoints/online/model-1/sample-request.json'))
    scores = json.loads(answer)
    scores = json.loads(scores) if isinstance(scores, str) else scores
    expect(all(abs(a - b) < 1e-6 * abs(b) for a, b in zip(scores, SAMPLE_SCORES)), 'scores are %s' % scores)
    door.client.online_endpoints.begin_delete(endpoint).result()


def p17(door):
    folder = 'endpoints/batch/deploy-models/heart-classifier-mlflow'
    for package, instead in (('scikit-learn==1.1.2', ['scikit-learn==1.1.3']), ('cloudpickle==1.6.0', ['cloudpickle>=2']),
                             ('xgboost==1.3.3', ['xgboost==1.3.3', 'numpy<1.24', 'pandas<2'])):
        fulcrum('env-map', 'add', 'package:' + package, '-r', *instead)
    cluster(door, 'batch-cluster')
    door.client.models.create_or_update(Model(name='heart-classifier-mlflow', type='mlflow_model',
                                              path=str(CLI / folder / 'deployment-simple/model')))
    endpoint = unique('heart')
    door.create('batch-endpoint', folder + '/endpoint.yml', name=endpoint)
    door.create('batch-deployment', folder + '/deployment-simple/deployment.yml', endpoint_name=endpoint)
    job = door.client.batch_endpoints.invoke(endpoint_name=endpoint, deployment_name='classifier-xgboost-mlflow',
                                             input=Input(type='uri_folder', path=str(CLI / folder / 'data')))
    status = door.finish(job.name, 1500)
    expect(status == 'Completed', 'ended %s: %s' % (status, door.text(job.name)[-1500:]))
    files = door.files(job.name, output_name='score')
    rows = [line for path, text in files.items() if path.endswith('predictions.csv') for line in text.splitlines()]
    inputs = sum(len(path.read_text().splitlines()) - 1 for path in (CLI / folder / 'data').glob('*.csv'))
    expect(len(rows) in (inputs, inputs + 1), '%d rows for %d inputs' % (len(rows), inputs))
    door.client.batch_endpoints.begin_delete(endpoint).result()


def p18(door):
    for path in ('schedules/recurrence-job-schedule.yml', 'schedules/cron-job-schedule.yml'):
        name = unique('schedule')
        door.create('schedule', path, name=name)
        expect(door.client.schedules.get(name).is_enabled, 'the schedule is not enabled')
        door.client.schedules.begin_disable(name).result()
        door.client.schedules.begin_delete(name).result()


def p19(door):
    door.create('online-endpoint', 'endpoints/online/managed/sample/endpoint.yml', name='credit-default')
    door.create('online-deployment', 'endpoints/online/managed/sample/blue-deployment.yml', endpoint_name='credit-default', name='main',
                **{'data_collector.collections.%s.enabled' % each: 'true' for each in ('model_inputs', 'model_outputs')})
    door.create('schedule', 'monitoring/out-of-box-monitoring.yaml')


def p20(door):
    door.create('compute', 'resources/compute/cluster-basic.yml')
    door.create('compute', 'resources/compute/instance-basic.yml')
    door.create('datastore', 'resources/datastore/blob.yml')
    if isinstance(door, Shim):
        door.create('connection', 'resources/connections/git-pat.yml')
        subprocess.run(['az', 'ml', 'workspace', 'create', '-f', str(CLI / 'resources/workspace/basic.yml'), '--name', unique('mlw'),
                        '-g', 'rg-sdk'], check=True, capture_output=True)
        subprocess.run(['az', 'ml', 'registry', 'create', '-f', str(CLI / 'resources/registry/registry.yml'), '--name', unique('reg'),
                        '-g', 'rg-sdk'], check=True, capture_output=True)


def cluster(door, name):
    """A cluster of this name."""
    door.client.compute.begin_create_or_update(AmlCompute(name=name, size='small', min_instances=0, max_instances=5)).result()


ROWS = [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15, p16, p17, p18, p19, p20]
DOORS = {'sdk': Sdk, 'az': Shim}
