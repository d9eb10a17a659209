"""The scoring worker as a real process behind a socket pair, and the input rules of no-code scoring."""

import json
import os
import shutil
import tempfile
import textwrap
import unittest

from support import WorkerProcess, frames
from fulcrum_runtime import mlflow_inputs
from fulcrum_runtime.frames import Frame
from fulcrum_runtime.scoring_errors import InputError

SCRIPT = '''
import json, os, time
def init():
    global factor
    with open(os.path.join(os.environ['AZUREML_MODEL_DIR'], 'factor.txt')) as stream:
        factor = int(stream.read())
    print('init done')
def run(raw_data, request_headers):
    data = json.loads(raw_data)
    print('run', data)
    if 'seconds' in data:
        try:
            time.sleep(data['seconds'])
        except Exception:
            pass
    if data.get('nothing'):
        return None
    if data.get('odd'):
        return {1, 2}
    return {'result': factor * data['x'], 'tenant': request_headers.get('x-tenant')}
'''


class ScoreScript(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix='scoring-')
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.worker = None

    def start(self, script=SCRIPT, **hello):
        with open(os.path.join(self.directory, 'score.py'), 'w') as stream:
            stream.write(textwrap.dedent(script))
        with open(os.path.join(self.directory, 'factor.txt'), 'w') as stream:
            stream.write('3')
        self.worker = WorkerProcess(dict({'engine': 'score.py', 'codeDir': self.directory, 'script': 'score.py',
                                          'modelDir': self.directory}, **hello))
        self.addCleanup(self.worker.close)
        return self.worker

    def infer(self, body, frame_id=1, **header):
        return self.worker.ask(Frame(frames.INFER, frame_id, header, body))

    def test_answers_and_leaves_stdout_to_the_user(self):
        worker = self.start()
        self.assertEqual((worker.greeting.kind, worker.greeting.header['protocol']), (frames.HELLO, 1))
        self.assertEqual((worker.first.kind, worker.first.header['engine']), (frames.READY, 'score.py'))
        result = self.infer(b'{"x": 14}', 9, headers={'x-tenant': 'acme'}, deadlineMs=5000)
        self.assertEqual((result.kind, result.id, json.loads(result.body)), (frames.RESULT, 9, {'result': 42, 'tenant': 'acme'}))
        self.assertEqual(result.header['headers']['x-ms-run-function-failed'], 'False')
        self.assertRegex(result.header['headers']['x-ms-run-fn-exec-ms'], r'^\d+\.\d{3}$')
        self.assertEqual(self.infer(b'{"nothing": true}').body, b'{}')
        self.assertEqual(worker.ask(Frame(frames.PING, 77)).kind, frames.PONG)
        worker.stream.send(Frame(frames.DRAIN, 0))
        self.assertEqual(worker.process.wait(20), 0)
        self.assertIn('init done\nrun', worker.stop()[1])

    def test_get_query_becomes_json(self):
        self.start()
        result = self.infer(b'', method='GET', query='x=5&y=a&y=b')
        self.assertEqual(json.loads(result.body)['result'], 15)

    def test_errors_of_the_script_keep_the_worker_alive(self):
        self.start()
        failed = self.infer(b'{"y": 1}')
        self.assertEqual((failed.kind, failed.header['kind'], failed.header['status']), (frames.ERROR, 'user', 500))
        self.assertIn("KeyError: 'x'", failed.header['message'])
        self.assertIn('score.py', failed.header['traceback'])
        self.assertIn('not JSON serializable', self.infer(b'{"odd": true}').header['message'])
        self.assertEqual(self.infer(b'\xff\xfe').header['kind'], 'input')
        self.assertEqual(self.infer(b'{"x": 1}').kind, frames.RESULT)

    def test_deadline_interrupts_user_code_that_catches_exceptions(self):
        self.start()
        late = self.infer(b'{"x": 1, "seconds": 30}', deadlineMs=150)
        self.assertEqual((late.header['kind'], late.header['status']), ('timeout', 408))
        self.assertLess(late.header['execMs'], 5000)
        self.assertEqual(json.loads(self.infer(b'{"x": 2}', deadlineMs=5000).body)['result'], 6)

    def expect_fault(self, script, text, code):
        worker = self.start(script)
        self.assertEqual((worker.first.kind, worker.first.header['kind'], worker.first.header['code']), (frames.ERROR, 'user', code))
        self.assertIn(text, worker.first.header['message'])
        self.assertEqual(worker.process.wait(20), 3)
        self.assertIn(code, worker.stop()[2])

    def test_script_faults_end_with_status_3_and_azures_code(self):
        self.expect_fault('import not_there_at_all', 'not_there_at_all', 'UserScriptImportError')
        self.expect_fault('def init(): raise ValueError("no model")\ndef run(d): pass', 'no model', 'UserScriptInitFailed')
        self.expect_fault('def init(): pass', "no function 'run'", 'UserScriptFunctionNotFound')
        self.expect_fault('def init(): pass\ndef run(*data): pass', 'plain named parameters', 'UserScriptFunctionNotFound')

    def test_batch_returns_the_rows(self):
        self.start('def init(): pass\ndef run(files): return [f.upper() for f in files]')
        result = self.worker.ask(Frame(frames.BATCH, 4, {'files': ['a', 'b']}))
        self.assertEqual((result.header['rows'], json.loads(result.body)), (2, ['A', 'B']))

    def test_a_broken_frame_ends_the_worker(self):
        worker = self.start()
        worker.connection.sendall(b'\x01\x00\x00\x00x')
        self.assertEqual(worker.process.wait(20), 4)


class NoCodeInputs(unittest.TestCase):
    SCHEMA = [{'name': 'hour', 'type': 'long', 'required': True}, {'name': 'temp', 'type': 'double', 'required': True},
              {'name': 'carrier', 'type': 'string', 'required': True}]
    NAMES = ['hour', 'temp', 'carrier']

    def columns(self, value):
        request = mlflow_inputs.parse(json.dumps(value).encode(), self.NAMES)
        return mlflow_inputs.check_columns(request.columns, request.rows, self.SCHEMA)

    def test_every_shape_means_the_same(self):
        rows = [[6, 41.5, 'UA'], [7, 39, 'B6']]
        records = [dict(zip(self.NAMES, row)) for row in rows]
        split = {'columns': ['carrier', 'hour', 'temp'], 'index': [0, 1], 'data': [['UA', 6, 41.5], ['B6', 7, 39]]}
        wanted = {'hour': [6, 7], 'temp': [41.5, 39.0], 'carrier': ['UA', 'B6']}
        for value in ({'input_data': rows}, {'input_data': records}, {'input_data': split}, {'input_data': wanted},
                      {'dataframe_split': split}, {'dataframe_records': records}, {'instances': records},
                      {'instances': rows}, {'inputs': wanted}):
            with self.subTest(value):
                self.assertEqual(self.columns(value), wanted)

    def refused(self, value):
        with self.assertRaises(InputError) as caught:
            self.columns(value)
        return caught.exception

    def test_mistakes_name_the_column_and_the_nearest_name(self):
        error = self.refused({'input_data': [{'hour': 1, 'temperature': 2.0, 'carrier': 'UA'}]})
        self.assertEqual(error.column, 'temp')
        self.assertIn("'temp' is missing (you sent 'temperature'?)", str(error))
        error = self.refused({'input_data': [[1, 2.0, 'UA'], ['x', 2.0, 'UA']]})
        self.assertEqual((error.column, str(error)), ('hour', 'column \'hour\' row 1 holds "x"; the model needs type long'))
        self.assertIn('2 values, 3 are needed: hour, temp, carrier', str(self.refused({'input_data': [[1, 2.0]]})))
        self.assertIn("did you mean 'input_data'", str(self.refused({'inputdata': []})))
        self.assertIn('1.5', str(self.refused({'input_data': [[1.5, 2.0, 'UA']]})))

    def test_values_json_cannot_hold_become_null(self):
        self.assertEqual(mlflow_inputs.json_ready([float('nan'), float('inf'), (1, {'a': 2.5})]), [None, None, [1, {'a': 2.5}]])

    def test_output_rows_carry_the_names_of_the_signature(self):
        self.assertEqual(mlflow_inputs.output_rows([[0.9, 0.1]], ['on_time', 'late'], 1), [{'on_time': 0.9, 'late': 0.1}])
        self.assertEqual(mlflow_inputs.output_rows([1, 0], None, 2), [{'output': 1}, {'output': 0}])


if __name__ == '__main__':
    unittest.main()
