"""The driver of parallel steps with real worker processes: retries, thresholds, order, crashes, and going on after a kill."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest

from support import PYTHON_FOLDER, read_text, wait_until
from fulcrum_runtime import mini_batch_plan as plan
from fulcrum_runtime.mini_batch_journal import Journal

COUNTING = '''
import os
def init():
    print('init', os.getpid())
def run(mini_batch):
    with open(os.environ['CALLS'], 'a') as stream:
        stream.write(','.join(os.path.basename(p) for p in mini_batch) + '\\n')
    return [open(path).read().strip() + '!' for path in mini_batch]
def shutdown():
    with open(os.environ['CALLS'] + '.end', 'a') as stream:
        stream.write('end\\n')
'''


class Step:
    """One parallel step: a directory with code, input and task."""

    def __init__(self, script, files, **members):
        self.directory = tempfile.mkdtemp(prefix='mini-batches-')
        for name in ('code', 'input', 'state', 'out'):
            os.mkdir(self.path(name))
        self.write('code/entry.py', textwrap.dedent(script))
        for name, text in files.items():
            self.write(os.path.join('input', name), text)
        self.write('state/task.json', json.dumps(dict({
            'code': self.path('code'), 'entryScript': 'entry.py', 'engine': 'script', 'arguments': '',
            'inputs': [{'name': 'data', 'path': self.path('input'), 'type': 'uri_folder'}], 'miniBatchSize': 2,
            'partitionKeys': [], 'maxRetries': 1, 'timeoutSeconds': 30, 'errorThreshold': -1, 'miniBatchErrorThreshold': -1,
            'appendRowTo': self.path('out', 'rows.txt'), 'workers': 2, 'loggingLevel': 'INFO'}, **members)))

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w', encoding='utf-8') as stream:
            stream.write(text)

    def start(self):
        environment = dict(os.environ, PYTHONPATH=PYTHON_FOLDER, CALLS=self.path('calls.txt'))
        return subprocess.Popen([sys.executable, '-m', 'fulcrum_runtime.mini_batches', self.path('state')], cwd=self.path('code'),
                                env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def run(self):
        process = self.start()
        output = process.communicate(timeout=60)[0].decode()
        return process.returncode, output

    def progress(self):
        with open(self.path('state', 'progress.json'), encoding='utf-8') as stream:
            return json.load(stream)

    def rows(self):
        return read_text(self.path('out', 'rows.txt')).splitlines()

    def calls(self):
        return read_text(self.path('calls.txt')).splitlines()


def letters(count):
    return {'%02d.txt' % number: 'v%d' % number for number in range(count)}


class ParallelStep(unittest.TestCase):
    def step(self, *arguments, **members):
        step = Step(*arguments, **members)
        self.addCleanup(shutil.rmtree, step.directory, ignore_errors=True)
        return step

    def test_rows_stand_in_the_order_of_the_input_and_every_worker_ends_with_shutdown(self):
        step = self.step(COUNTING, letters(9))
        code, output = step.run()
        self.assertEqual(code, 0, output)
        self.assertEqual(step.rows(), ['v%d!' % number for number in range(9)])
        self.assertEqual(sorted(step.calls())[0], '00.txt,01.txt')
        self.assertEqual(len(step.calls()), 5)
        self.assertEqual(step.progress()['completed'], 5)
        self.assertEqual(step.progress()['itemsProcessed'], 9)
        self.assertEqual(len(read_text(step.path('calls.txt.end')).splitlines()), 2)

    def test_a_mini_batch_that_raises_is_tried_again_and_then_told(self):
        script = '''
            import os
            def run(mini_batch):
                name = os.path.basename(mini_batch[0])
                with open(os.environ['CALLS'], 'a') as stream:
                    stream.write(name + '\\n')
                if name == '02.txt':
                    raise ValueError('no such flower')
                return [1] * len(mini_batch)
        '''
        step = self.step(script, letters(6), maxRetries=2)
        code, output = step.run()
        self.assertEqual(code, 0, output)
        self.assertEqual(step.calls().count('02.txt'), 3)
        self.assertEqual(len(step.rows()), 4)
        progress = step.progress()
        self.assertEqual((progress['failed'], progress['itemsFailed'], progress['retried']), (1, 2, 2))
        self.assertIn('no such flower', progress['errors'][-1]['traceback'])
        self.assertEqual(progress['errors'][-1]['items'], '02.txt, 03.txt')

    def test_thresholds_end_the_step_when_more_failed_than_allowed(self):
        script = '''
            def run(mini_batch):
                return ['ok'] * (len(mini_batch) - 1)
        '''
        for name, limit, expected in (('errorThreshold', 2, '3 items failed, 2 are allowed'),
                                      ('miniBatchErrorThreshold', 0, '1 mini-batches failed, 0 are allowed')):
            step = self.step(script, letters(8), workers=1, maxRetries=0, **{name: limit})
            code, output = step.run()
            self.assertEqual(code, 1)
            self.assertIn(expected, output)
            self.assertIn('returned 1 elements for 2 items', output)
            self.assertEqual(step.progress()['state'], 'failed')
        allowed = self.step(script, letters(8), workers=1, maxRetries=0, errorThreshold=4)
        self.assertEqual(allowed.run()[0], 0)
        self.assertEqual(len(allowed.rows()), 4)

    def test_a_slow_run_and_a_process_that_dies_cost_one_attempt_each(self):
        script = '''
            import os, time
            def run(mini_batch):
                name, first = os.path.basename(mini_batch[0]), not os.path.exists(os.environ['CALLS'] + os.path.basename(mini_batch[0]))
                open(os.environ['CALLS'] + name, 'w').close()
                if first and name == '00.txt':
                    time.sleep(600)
                if first and name == '02.txt':
                    os._exit(9)
                return ['%s %d' % (name, os.getpid())] * len(mini_batch)
        '''
        step = self.step(script, letters(4), timeoutSeconds=1)
        code, output = step.run()
        self.assertEqual(code, 0, output)
        self.assertEqual([row.split()[0] for row in step.rows()], ['00.txt', '00.txt', '02.txt', '02.txt'])
        self.assertIn('took longer than 1 s', output)
        self.assertIn('exit status 9', output)

    def test_a_killed_step_goes_on_without_scoring_anything_twice_in_the_output(self):
        script = COUNTING.replace('return [', "import time; time.sleep(0.02); return [")
        step = self.step(script, letters(60), miniBatchSize=1)
        process = step.start()
        wait_until(lambda: len(read_text(step.path('state', 'journal.jsonl')).splitlines()) > 12, what='some mini-batches')
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        done = len(read_text(step.path('state', 'journal.jsonl')).splitlines()) - 1
        # A line and bytes that were being written when the machine went down.
        with open(step.path('state', 'journal.jsonl'), 'a') as stream:
            stream.write('{"index": 59, "ok": tr')
        with open(step.path('state', 'rows.bin'), 'ab') as stream:
            stream.write(b'half a row')
        before = len(step.calls())
        code, output = step.run()
        self.assertEqual(code, 0, output)
        self.assertEqual(step.rows(), ['v%d!' % number for number in range(60)])
        self.assertIn('%d of 60 mini-batches were done before' % done, output)
        self.assertEqual(len(step.calls()) - before, 60 - done)

    def test_a_script_that_cannot_be_loaded_ends_the_step_with_its_traceback(self):
        step = self.step('import nothing_like_this\ndef run(mini_batch): return mini_batch\n', letters(2))
        code, output = step.run()
        self.assertEqual(code, 1)
        self.assertIn("No module named 'nothing_like_this'", output)
        self.assertIn('init() of the entry script failed', output)

    def test_an_empty_input_is_a_mistake(self):
        code, output = self.step(COUNTING, {}).run()
        self.assertEqual(code, 2)
        self.assertIn('the input holds no files', output)

    def test_scripts_see_their_own_arguments_and_the_entry_script_object(self):
        script = '''
            import sys
            from azureml_user.parallel_run import EntryScript
            def init():
                EntryScript().logger.info('hello')
            def run(mini_batch, mini_batch_context):
                return ['%s %s' % (' '.join(sys.argv[1:]), mini_batch_context.minibatch_index)] * len(mini_batch)
        '''
        step = self.step(script, letters(1), arguments="--name 'two words' --rate 0.5")
        code, output = step.run()
        self.assertEqual(code, 0, output)
        self.assertEqual(step.rows(), ['--name two words --rate 0.5 0'])
        logs = os.path.join(step.path('code'), 'logs', 'user')
        self.assertIn('hello', ''.join(read_text(os.path.join(logs, name)) for name in os.listdir(logs)))

    def test_a_stop_leaves_no_worker_behind(self):
        step = self.step('import time\ndef run(mini_batch):\n    time.sleep(600)\n', letters(4))
        process = step.start()
        wait_until(lambda: os.path.exists(step.path('state', 'progress.json')) and step.progress().get('running') == 2, what='two workers at work')
        process.terminate()
        self.assertEqual(process.wait(20), 143)
        process.communicate()
        self.assertEqual(step.progress()['state'], 'canceled')


class Plan(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix='plan-')
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write(text)
        return path

    def test_sizes(self):
        self.assertEqual([plan.parse_size(text, 7) for text in (None, '12', 5, '10kb', '2MB')], [7, 12, 5, 10240, 2 * 1024 ** 2])
        for text in ('ten', '0', '1tb'):
            with self.assertRaises(plan.PlanError):
                plan.parse_size(text, 7)

    def test_ranges_of_lines_cover_a_file_without_gaps(self):
        rows = ['%d,%s' % (number, 'x' * (number % 13)) for number in range(500)]
        path = self.write('t.csv', 'a,b\n' + '\n'.join(rows))
        for size in (1, 40, 333, 10 ** 6):
            with open(path, 'rb') as stream:
                data = stream.read()
            parts = [data[start:end].decode() for start, end in plan.line_ranges(path, size)]
            self.assertEqual(''.join(parts).split('\n'), rows)
            self.assertTrue(all(part.endswith('\n') for part in parts[:-1]))

    def test_partition_keys_come_from_paths(self):
        for store in ('1000', '1001'):
            for brand in ('dominicks', 'tropicana'):
                self.write('t/%s/%s/partitioned_data.csv' % (store, brand), 'q\n1\n')
        table = {'paths': [{'pattern': './**/*.csv'}], 'transformations': [
            {'read_delimited': {'delimiter': ','}}, {'extract_columns_from_partition_format': {'partition_format': '{Store}/{Brand}/{file_name}.{extension}'}}]}
        task = {'engine': 'script', 'partitionKeys': ['Store', 'Brand'],
                'inputs': [{'name': 'd', 'path': os.path.join(self.directory, 't'), 'type': 'mltable', 'table': table}]}
        batches = plan.make_plan(task, None)
        self.assertEqual([batch['keys'] for batch in batches], [{'Store': store, 'Brand': brand} for store in ('1000', '1001') for brand in ('dominicks', 'tropicana')])
        self.assertEqual(plan.partition_pattern('/{Dep}/{Date:yyyy/MM/dd}/data.csv').search('a/Sales/2019/01/31/data.csv').groupdict(),
                         {'Dep': 'Sales', 'Date': '2019/01/31'})

    def test_a_table_may_not_leave_its_folder(self):
        for text in ('../secret.csv', '/etc/passwd', 'https://elsewhere/x.csv'):
            with self.assertRaises(plan.PlanError):
                plan.table_files(self.directory, {'paths': [{'file': text}]})

    def test_a_journal_of_another_plan_is_not_believed(self):
        journal = Journal(self.directory, 'one', 3)
        journal.record({'index': 0, 'ok': True, 'items': 1, 'failedItems': 0, 'rows': 1, 'attempts': 1})
        journal.close()
        for digest, known in (('one', [0]), ('two', [])):
            again = Journal(self.directory, digest, 3)
            self.assertEqual(list(again.records), known)
            again.close()


if __name__ == '__main__':
    unittest.main()
