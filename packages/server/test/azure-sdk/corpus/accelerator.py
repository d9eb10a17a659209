"""The classical project of the MLOps v2 accelerator (mlops-project-template), unmodified: its own `run_pipeline.py` and YAML.

``accelerator.py <template>``: copies the project, does what its pipelines' steps do with `az`, and checks the ends. Its conda file names two
packages on a code host that need not be reachable, so an operator's mapping leaves those out, and the drift is recorded.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from azure.ai.ml import Input

from doors import Failed, Shim
from rows import expect, fulcrum, unique
from support import setting


def az(cwd, *words):
    """Runs `az ml …` in a folder. @returns what it printed"""
    where = [] if 'registry' in words else ['-g', setting('GROUP'), '-w', setting('WORKSPACE')]
    done = subprocess.run(['az', 'ml', *words, *where], cwd=cwd, capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        raise Failed('az ml %s: %s' % (' '.join(words), done.stderr[-2000:]))
    return done.stdout


def prepare(template, directory):
    """The project as the accelerator assembles it, with the workspace's config. @returns its folder"""
    project = pathlib.Path(directory, 'project')
    shutil.copytree(pathlib.Path(template, 'classical', 'python-sdk-v2'), project)
    shutil.copytree(pathlib.Path(template, 'classical', 'aml-cli-v2', 'mlops', 'azureml', 'deploy'), project / 'mlops/azureml/deploy')
    (project / 'config.json').write_text(json.dumps({
        'subscription_id': setting('SUBSCRIPTION'), 'resource_group': setting('GROUP'), 'workspace_name': setting('WORKSPACE')}))
    return project


def main(template):
    """@returns 0 when every step ended as the accelerator wants"""
    door = Shim()
    with tempfile.TemporaryDirectory() as directory:
        project = prepare(template, directory)
        conda = project / 'data-science/environment/train-conda.yml'
        fulcrum('env-map', 'add', 'package:git+https://github.com/*')
        # Its train.py gives the forest values that scikit-learn refuses from 1.3 and 1.4 on.
        fulcrum('env-map', 'add', 'package:scikit-learn==1.5.2', '-r', 'scikit-learn==1.2.2')
        az(project, 'compute', 'create', '--name', 'cpu-cluster', '--type', 'AmlCompute', '--size', 'Standard_D4s_v5',
           '--min-instances', '0', '--max-instances', '4', '--tier', 'low_priority')
        az(project, 'environment', 'create', '--name', 'taxi-train-env', '--image', 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04',
           '--conda-file', str(conda))
        az(project, 'data', 'create', '--name', 'taxi-data', '--path', 'data/taxi-data.csv', '--type', 'uri_file')
        trained = subprocess.run(
            [sys.executable, 'mlops/azureml/train/run_pipeline.py', '--experiment_name', 'taxi-train-pipeline', '--compute_name', 'cpu-cluster',
             '--data_name', 'taxi-data', '--environment_name', 'taxi-train-env', '--enable_monitoring', 'false'],
            cwd=project, capture_output=True, text=True, timeout=2400)
        expect(trained.returncode == 0, trained.stdout[-2000:] + trained.stderr[-3000:])
        expect(door.client.models.get('taxi-model', label='latest').type == 'mlflow_model', 'no model was registered')
        print('trained and registered', flush=True)
        online(door, project)
        batch(door, project)
    return 0


def online(door, project):
    """The online deployment: model without code, as the accelerator has it."""
    name = unique('taxi-online')
    az(project, 'online-endpoint', 'create', '--name', name, '-f', 'mlops/azureml/deploy/online/online-endpoint.yml')
    az(project, 'online-deployment', 'create', '--name', 'taxi-online-dp', '--endpoint', name,
       '-f', 'mlops/azureml/deploy/online/online-deployment.yml')
    az(project, 'online-endpoint', 'update', '--name', name, '--traffic', 'taxi-online-dp=100')
    answer = json.loads(az(project, 'online-endpoint', 'invoke', '--name', name, '--request-file', 'data/taxi-request.json'))
    answer = json.loads(answer) if isinstance(answer, str) else answer
    expect(len(answer) == len(json.loads((project / 'data/taxi-request.json').read_text())['input_data']), 'answered %s' % answer)
    az(project, 'online-endpoint', 'delete', '--name', name, '--yes')
    print('served online', flush=True)


def batch(door, project):
    """The batch deployment with its driver script."""
    name = unique('taxi-batch')
    az(project, 'compute', 'create', '-f', 'mlops/azureml/deploy/batch/batch-cluster.yml')
    az(project, 'batch-endpoint', 'create', '--name', name, '-f', 'mlops/azureml/deploy/batch/batch-endpoint.yml')
    az(project, 'batch-deployment', 'create', '--endpoint', name, '-f', 'mlops/azureml/deploy/batch/batch-deployment.yml', '--set-default')
    job = door.client.batch_endpoints.invoke(endpoint_name=name, input=Input(type='uri_file', path=str(project / 'data/taxi-batch.csv')))
    status = door.finish(job.name, 1800)
    expect(status == 'Completed', 'the batch job ended %s: %s' % (status, door.text(job.name)[-2000:]))
    files = door.files(job.name, output_name='score')
    rows = [line for path, text in files.items() if path.endswith('predictions.csv') for line in text.splitlines()]
    expect(len(rows) >= 1465, '%d rows' % len(rows))
    az(project, 'batch-endpoint', 'delete', '--name', name, '--yes')
    print('scored in batch', flush=True)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
