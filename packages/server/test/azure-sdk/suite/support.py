"""What the tests of the unmodified `azure-ai-ml` SDK share. Runs under every supported version; settings come from the environment.

Read: FULCRUM_SDK_SUBSCRIPTION, _GROUP, _WORKSPACE, _REGISTRY, _TENANT, and the exports of `fulcrum env`
(AZUREML_DEV_URL_MFE or FULCRUM_SDK_CLOUD, REQUESTS_CA_BUNDLE, IDENTITY_ENDPOINT, IDENTITY_HEADER).
"""

import json
import os
import pathlib
import time
import unittest

import azure.ai.ml
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

FILES = pathlib.Path(__file__).parent / 'files'
VERSION = tuple(int(part) for part in azure.ai.ml.__version__.split('.')[:2])
COMPUTE = 'cpu-cluster'
ENVIRONMENT = 'sdk-base@latest'
TERMINAL = ('Completed', 'Failed', 'Canceled')


def setting(name):
    """A setting of the suite."""
    return os.environ['FULCRUM_SDK_' + name]


def connect(**reference):
    """An MLClient as users make it; the newest SDKs by a custom cloud, the others by AZUREML_DEV_URL_MFE."""
    cloud = os.environ.get('FULCRUM_SDK_CLOUD')
    options = {'cloud': 'Fulcrum', 'cloud_metadata': json.loads(cloud)} if cloud else {}
    reference = reference or {'workspace_name': setting('WORKSPACE')}
    return MLClient(DefaultAzureCredential(), setting('SUBSCRIPTION'), setting('GROUP'),
                    enable_telemetry=False, **reference, **options)


def since(version):
    """Skips a test for SDKs older than (major, minor)."""
    return unittest.skipIf(VERSION < version, 'needs azure-ai-ml %d.%d' % version)


def unique(prefix):
    """A name that no earlier run has used."""
    return '%s-%x' % (prefix, time.time_ns() // 1_000_000 % 0xffffffff)


def wait(client, job, seconds=240):
    """The job once it has ended, with its status."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = client.jobs.get(job.name)
        if found.status in TERMINAL:
            return found
        time.sleep(0.5)
    raise AssertionError('job %s is still %s after %d s' % (job.name, found.status, seconds))


class SdkCase(unittest.TestCase):
    """A test with a client of the workspace."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.client = connect()
