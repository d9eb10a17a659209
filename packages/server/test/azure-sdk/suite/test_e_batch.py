import pathlib
import tempfile

from azure.ai.ml import Input
from azure.ai.ml.constants import BatchDeploymentOutputAction
from azure.ai.ml.entities import BatchDeployment, BatchEndpoint, CodeConfiguration, Model

from support import COMPUTE, ENVIRONMENT, FILES, SdkCase, since, unique, wait


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
        self.make_default(name, 'first')
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

    def make_default(self, name, deployment):
        """Naming a deployment in one `invoke` makes these SDKs name it in all that follow."""
        endpoint = self.client.batch_endpoints.get(name)
        endpoint.defaults.deployment_name = deployment
        self.client.batch_endpoints.begin_create_or_update(endpoint).result()

    def scores(self, job, name):
        """The text of a file that `jobs.download` of the output `score` writes."""
        with tempfile.TemporaryDirectory() as directory:
            self.client.jobs.download(job.name, download_path=directory, output_name='score')
            return next(pathlib.Path(directory).rglob(name)).read_text()

    def test_an_mlflow_model_needs_no_code(self):
        client, name = self.client, unique('mep')
        client.batch_endpoints.begin_create_or_update(BatchEndpoint(name=name)).result()
        model = client.models.create_or_update(Model(name=unique('doubling'), type='mlflow_model', path=str(FILES / 'doubling_model')))
        client.batch_deployments.begin_create_or_update(BatchDeployment(
            name='plain', endpoint_name=name, model=model, compute=COMPUTE, mini_batch_size=1)).result()
        self.make_default(name, 'plain')
        job = client.batch_endpoints.invoke(endpoint_name=name, input=Input(type='uri_folder', path=str(FILES / 'rows')))
        self.assertEqual(wait(client, job, 600).status, 'Completed')
        self.assertEqual(self.scores(job, 'predictions.csv'), '0,2.0,one.csv\n1,5.0,one.csv\n0,8.0,two.csv\n')
        client.batch_endpoints.begin_delete(name).result()

    @since((1, 8))
    def test_a_pipeline_component_is_deployed(self):
        from azure.ai.ml import load_component
        from azure.ai.ml.entities import PipelineComponentBatchDeployment
        client, name = self.client, unique('pep')
        client.batch_endpoints.begin_create_or_update(BatchEndpoint(name=name)).result()
        component = client.components.create_or_update(load_component(FILES / 'counting.yml'))
        client.batch_deployments.begin_create_or_update(PipelineComponentBatchDeployment(
            name='steps', endpoint_name=name, component=component, settings={'default_compute': COMPUTE})).result()
        self.make_default(name, 'steps')
        job = client.batch_endpoints.invoke(endpoint_name=name, inputs={
            'folder': Input(type='uri_folder', path=str(FILES / 'parts')), 'word': Input(type='string', default='files')})
        self.assertEqual(wait(client, job).status, 'Completed')
        with tempfile.TemporaryDirectory() as directory:
            client.jobs.download(job.name, download_path=directory, output_name='counted')
            texts = [path.read_text() for path in pathlib.Path(directory).rglob('count.txt')]
        self.assertEqual(texts, ['4 files\n'])
        client.batch_endpoints.begin_delete(name).result()
