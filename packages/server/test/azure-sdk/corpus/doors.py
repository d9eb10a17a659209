"""The two doors that a row of the corpus goes through: the SDK, and the `az` shim as a process."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import yaml
from azure.ai.ml import (load_batch_deployment, load_batch_endpoint, load_component, load_compute, load_data, load_datastore, load_environment,
                         load_job, load_model, load_online_deployment, load_online_endpoint)
from azure.ai.ml.entities._load_functions import load_model_batch_deployment, load_pipeline_component_batch_deployment, load_schedule

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'suite'))
from support import TERMINAL, connect, setting  # noqa: E402

CLI = pathlib.Path(os.environ['FULCRUM_AZUREML_EXAMPLES'], 'cli')


class Failed(Exception):
    """A row that did not end as expected."""


class Door:
    """What the rows need; `client` is only used to look, never to do what the door under test does."""

    def __init__(self):
        self.client = connect()

    def finish(self, name, seconds=900):
        """Waits for a job. @returns its status"""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status = self.client.jobs.get(name).status
            if status in TERMINAL:
                return status
            time.sleep(1)
        raise Failed('job %s has not ended after %d s' % (name, seconds))

    def files(self, name, **options):
        """Path below the download → text of every file of a job."""
        with tempfile.TemporaryDirectory() as directory:
            self.client.jobs.download(name, download_path=directory, **(options or {'all': True}))
            return {str(path.relative_to(directory)): path.read_text(errors='replace')
                    for path in pathlib.Path(directory).rglob('*') if path.is_file()}

    def text(self, name):
        """All text of a job and of its children: logs, artifacts, outputs."""
        names = [name] + [child.name for child in self.client.jobs.list(parent_job_name=name)]
        return '\n'.join(text for each in names for text in self.files(each).values())

    def run(self, path, seconds=900, **changes):
        """Submits the YAML and waits. @returns the job's name @raises Failed when it does not complete"""
        name = self.submit(path, **changes)
        status = self.finish(name, seconds)
        if status != 'Completed':
            raise Failed('%s ended %s: %s' % (name, status, self.text(name)[-1500:]))
        return name


def load_any_batch_deployment(path, **options):
    """The SDK has a loader for each of the three forms."""
    content = yaml.safe_load(pathlib.Path(path).read_text())
    if content.get('type') == 'pipeline':
        return load_pipeline_component_batch_deployment(path, **options)
    return (load_model_batch_deployment if 'settings' in content else load_batch_deployment)(path, **options)


class Sdk(Door):
    """The unmodified SDK."""

    title = 'SDK'
    LOADERS = {
        'model': (load_model, 'models'), 'data': (load_data, 'data'), 'environment': (load_environment, 'environments'),
        'component': (load_component, 'components'), 'compute': (load_compute, 'compute'), 'datastore': (load_datastore, 'datastores'),
        'online-endpoint': (load_online_endpoint, 'online_endpoints'), 'online-deployment': (load_online_deployment, 'online_deployments'),
        'batch-endpoint': (load_batch_endpoint, 'batch_endpoints'), 'batch-deployment': (load_any_batch_deployment, 'batch_deployments'),
        'schedule': (load_schedule, 'schedules'),
    }

    def submit(self, path, **changes):
        os.chdir((CLI / path).parent)
        return self.client.jobs.create_or_update(load_job(CLI / path, params_override=[changes] if changes else None)).name

    def create(self, noun, path, **changes):
        load, operations = self.LOADERS[noun]
        os.chdir((CLI / path).parent)
        entity = load(CLI / path, params_override=[changes] if changes else None)
        target = getattr(self.client, operations)
        made = getattr(target, 'begin_create_or_update', None) or target.create_or_update
        result = made(entity)
        return result.result() if hasattr(result, 'result') else result


class Shim(Door):
    """`az` on PATH."""

    title = 'az'

    def az(self, *words, cwd=None):
        """@returns the printed JSON"""
        command = ['az', 'ml', *words, '-g', setting('GROUP'), '-w', setting('WORKSPACE'), '-o', 'json']
        done = subprocess.run(command, capture_output=True, text=True, cwd=cwd or CLI, timeout=1200)
        if done.returncode != 0:
            raise Failed('%s: exit %d: %s' % (' '.join(command), done.returncode, done.stderr[-1500:]))
        return json.loads(done.stdout) if done.stdout.strip() else None

    def submit(self, path, **changes):
        return self.az('job', 'create', '-f', str(path), *self.assignments(changes))['name']

    def create(self, noun, path, **changes):
        return self.az(noun, 'create', '-f', str(path), *self.assignments(changes))

    @staticmethod
    def assignments(changes):
        return ['--set', *('%s=%s' % pair for pair in changes.items())] if changes else []
