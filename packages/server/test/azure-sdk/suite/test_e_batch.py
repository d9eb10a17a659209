import pathlib
import tempfile

from azure.ai.ml import Input
from azure.ai.ml.constants import BatchDeploymentOutputAction
from azure.ai.ml.entities import BatchDeployment, BatchEndpoint, CodeConfiguration, Model

from support import COMPUTE, ENVIRONMENT, FILES, SdkCase, unique, wait


class BatchEndpoints(SdkCase):
    def test_files_are_scored_in_mini_batches(self):
        client, name = self.client, unique('bep')
        client.batch_endpoints.begin_create_or_update(BatchEndpoint(name=name, description='by the SDK')).result()
        model = client.models.create_or_update(Model(name=unique('batch-factor'), path=str(FILES / 'factor.txt')))
        deployment = BatchDeployment(
            name='first', endpoint_name=name, model=model, environment=ENVIRONMENT, compute=COMPUTE,
            code_configuration=CodeConfiguration(code=str(FILES / 'batch'), scoring_script='batch_score.py'),
            mini_batch_size=2, instance_count=1, max_concurrency_per_instance=2,
            output_action=BatchDeploymentOutputAction.APPEND_ROW, output_file_name='sums.csv')
        client.batch_deployments.begin_create_or_update(deployment).result()
        endpoint = client.batch_endpoints.get(name)
        endpoint.defaults.deployment_name = 'first'
        client.batch_endpoints.begin_create_or_update(endpoint).result()
        job = client.batch_endpoints.invoke(
            endpoint_name=name, input=Input(type='uri_folder', path=str(FILES / 'parts')))
        self.assertEqual(wait(client, job).status, 'Completed')
        self.assertIn(job.name, [each.name for each in client.batch_deployments.list_jobs(name, name='first')]
                      if hasattr(client.batch_deployments, 'list_jobs') else
                      [each.name for each in client.batch_endpoints.list_jobs(name)])
        with tempfile.TemporaryDirectory() as directory:
            client.jobs.download(job.name, download_path=directory, output_name='score')
            rows = [path.read_text() for path in pathlib.Path(directory).rglob('sums.csv')]
        self.assertEqual(sorted(rows[0].split('\n'))[1:], ['part-%d.csv %d' % (n, n * 6) for n in (1, 2, 3, 4)])
        client.batch_endpoints.begin_delete(name).result()
