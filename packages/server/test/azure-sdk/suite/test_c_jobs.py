import contextlib
import io
import pathlib
import tempfile

from azure.ai.ml import Input, Output, command, dsl, load_component, load_job
from azure.ai.ml.exceptions import JobException

from support import COMPUTE, ENVIRONMENT, FILES, SdkCase, wait


def greeting(**changes):
    """A small command job."""
    options = dict(
        code=str(FILES / 'src'), command='python greet.py --data ${{inputs.data}} --name ${{inputs.name}} --out ${{outputs.out}}',
        environment=ENVIRONMENT, compute=COMPUTE, experiment_name='sdk', display_name='greeting',
        inputs={'data': Input(type='uri_file', path=str(FILES / 'data/lines.txt')), 'name': 'sdk'},
        outputs={'out': Output(type='uri_folder')})
    return command(**dict(options, **changes))


class JobCase(SdkCase):
    def stream(self, job):
        """What `jobs.stream` prints."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self.client.jobs.stream(job.name)
        return printed.getvalue()

    def download(self, job, **options):
        """Name to text of the files that `jobs.download` writes."""
        with tempfile.TemporaryDirectory() as directory:
            self.client.jobs.download(job.name, download_path=directory, **options)
            return {path.name: path.read_text() for path in pathlib.Path(directory).rglob('*') if path.is_file()}


class CommandJobs(JobCase):
    def test_a_command_runs_streams_and_is_downloaded(self):
        job = self.client.jobs.create_or_update(greeting())
        self.assertTrue(job.studio_url.startswith('https://'))
        self.assertIn('hello sdk', self.stream(job))
        done = self.client.jobs.get(job.name)
        self.assertEqual(done.status, 'Completed')
        files = self.download(job, all=True)
        self.assertEqual(files['greeting.txt'], 'hello sdk, 3 lines\n')
        self.assertEqual(files['note.txt'], 'default artifact\n')
        self.assertIn('lines 3', files['std_log.txt'])
        self.assertIn(job.name, [each.name for each in self.client.jobs.list()])

    def test_a_failed_job_raises_with_its_reason(self):
        job = self.client.jobs.create_or_update(greeting(
            command='python greet.py --fail', inputs={}, outputs={}))
        with self.assertRaises(JobException) as raised:
            self.stream(job)
        self.assertIn('told to fail', str(raised.exception))

    def test_a_job_is_cancelled(self):
        job = self.client.jobs.create_or_update(greeting(command='sleep 600', inputs={}, outputs={}))
        self.client.jobs.begin_cancel(job.name).result()
        self.assertEqual(wait(self.client, job).status, 'Canceled')

    def test_a_job_is_archived_and_restored(self):
        job = self.client.jobs.create_or_update(greeting(command='true', inputs={}, outputs={}))
        wait(self.client, job)
        self.client.jobs.archive(job.name)
        self.assertNotIn(job.name, [each.name for each in self.client.jobs.list()])
        self.client.jobs.restore(job.name)
        self.assertIn(job.name, [each.name for each in self.client.jobs.list()])


class PipelineJobs(JobCase):
    def test_a_pipeline_from_yaml_runs_streams_and_is_downloaded(self):
        job = self.client.jobs.create_or_update(load_job(FILES / 'pipeline.yml'))
        self.assertIn(job.name, self.stream(job))
        self.assertEqual(self.client.jobs.get(job.name).status, 'Completed')
        self.assertEqual(self.download(job, output_name='last')['copied.txt'], 'hello first, 3 lines\n')
        children = [each.display_name for each in self.client.jobs.list(parent_job_name=job.name)]
        self.assertEqual(len(children), 2)

    def test_a_pipeline_of_the_domain_language_runs(self):
        greet = load_component(FILES / 'component.yml')

        @dsl.pipeline(default_compute=COMPUTE, experiment_name='sdk')
        def two(lines):
            first = greet(data=lines, name='dsl')
            return {'out': first.outputs.out}

        built = two(lines=Input(type='uri_file', path=str(FILES / 'data/lines.txt')))
        done = wait(self.client, self.client.jobs.create_or_update(built))
        self.assertEqual(done.status, 'Completed')
        self.assertEqual(self.download(done, output_name='out')['greeting.txt'], 'hello dsl, 3 lines\n')


class SweepJobs(JobCase):
    def test_a_sweep_finds_its_best_trial(self):
        job = self.client.jobs.create_or_update(load_job(FILES / 'sweep.yml'))
        done = wait(self.client, job)
        self.assertEqual(done.status, 'Completed')
        best = done.properties['best_child_run_id']
        self.assertTrue(best.startswith(job.name))
        self.assertIn('rate.txt', self.download(done))
        self.assertEqual(len(list(self.client.jobs.list(parent_job_name=job.name))), 3)
