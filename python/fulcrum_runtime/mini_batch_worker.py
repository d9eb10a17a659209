"""One worker of a parallel step: ``python -m fulcrum_runtime.mini_batch_worker <task.json> <number> <descriptor>``.

Talks JSON lines over a socket: answers {type: ready}, then takes {type: run, index, batch} and answers {type: done, items, rows}
with the rows in ``worker-<number>.rows``, or {type: failed, message, traceback}. {type: shutdown} and the end of the stream end it.
With ``--groups <request.json>`` it prints the groups of a table instead. Runs with the interpreter of the user's environment.
"""

import importlib.util
import inspect
import json
import os
import shlex
import socket
import sys
import traceback
import types

from . import mini_batch_tables

SHIMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'shims')
TRACEBACK_LIMIT = 16000


def is_frame(value):
    """Whether a value is a DataFrame, by what it can do."""
    return hasattr(value, 'to_csv') and hasattr(value, 'columns')


def write_rows(value, path, separator=' '):
    """Writes what a run returned as text, one element a line, and returns how many elements there were.

    A DataFrame has neither header nor index; its values are separated by blanks, as Azure does.
    """
    with open(path, 'w', encoding='utf-8', newline='') as stream:
        if is_frame(value):
            value.to_csv(stream, header=False, index=False, sep=separator)
            return len(value)
        if value is None:
            raise TypeError('run() returned None; it must return a list, a tuple or a DataFrame with one element for each item')
        if isinstance(value, (str, bytes)):
            raise TypeError('run() returned a text; it must return a list, a tuple or a DataFrame with one element for each item')
        count = 0
        for element in value:
            stream.write('%s\n' % (element,))
            count += 1
        return count


def place_model(task):
    """Sets AZUREML_MODEL_DIR for a task with a model and returns the folder of the model itself.

    The model lies in ``modelRoot`` below its own name: a folder there is ``$AZUREML_MODEL_DIR/<folder>``, a file ``…/<file>``.
    """
    root = task.get('modelRoot')
    if not root:
        return None
    names = os.listdir(root)
    inner = os.path.join(root, names[0]) if len(names) == 1 else root
    is_file = os.path.isdir(inner) and os.listdir(inner) == [os.path.basename(inner)]
    os.environ['AZUREML_MODEL_DIR'] = inner if is_file else root
    return inner


class ScriptEngine:
    """The user's entry script: ``init()``, ``run(mini_batch[, context])`` and perhaps ``shutdown()``."""

    def __init__(self, task):
        code, script = task['code'], task['entryScript']
        path = os.path.join(code, script)
        if not os.path.isfile(path):
            raise FileNotFoundError("the entry script '%s' is not in the code folder" % script)
        sys.argv = [path] + shlex.split(task.get('arguments') or '')
        for folder in (code, os.path.dirname(path)):
            if folder not in sys.path:
                sys.path.insert(0, folder)
        sys.path.append(SHIMS)
        os.environ['FULCRUM_ENTRY_DIRECTORY'] = os.path.dirname(path)
        name = os.path.splitext(os.path.basename(script))[0]
        specification = importlib.util.spec_from_file_location(name, path)
        self.module = importlib.util.module_from_spec(specification)
        sys.modules[name] = self.module
        specification.loader.exec_module(self.module)
        if not callable(getattr(self.module, 'run', None)):
            raise AttributeError("the entry script '%s' has no function run(mini_batch)" % script)
        if callable(getattr(self.module, 'init', None)):
            self.module.init()
        self.takes_context = self._takes_context()

    def _takes_context(self):
        try:
            parameters = list(inspect.signature(self.module.run).parameters.values())
        except (TypeError, ValueError):
            return False
        return len([p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]) > 1

    def run(self, data, context):
        """What the script returns for one mini-batch."""
        return self.module.run(data, context) if self.takes_context else self.module.run(data)

    def shutdown(self):
        """The script's own farewell."""
        if callable(getattr(self.module, 'shutdown', None)):
            self.module.shutdown()


class MlflowBatches:
    """An MLflow model without code: one prediction for each row of each file, as lines ``row,prediction…,file``."""

    def __init__(self, model_directory):
        from .mlflow_engine import MlflowEngine
        self.engine = MlflowEngine({'modelDir': model_directory})

    def run(self, files, _context):
        """A list with one element for each file, each holding that file's lines."""
        return [self._lines(path) for path in files]

    def _lines(self, path):
        import csv
        import io
        stream, name = io.StringIO(), os.path.basename(path)
        writer = csv.writer(stream, lineterminator='\n')
        for index, values in self.engine.predict_file(path):
            writer.writerow(([] if index is None else [index]) + values + [name])
        return stream.getvalue().rstrip('\n')

    def shutdown(self):
        """Nothing to end."""


class Worker:
    """Serves mini-batches until told to stop."""

    def __init__(self, task, directory, number, connection):
        self.task = task
        self.rows_path = os.path.join(directory, 'worker-%d.rows' % number)
        self.connection = connection
        self.tables = mini_batch_tables.TableReader({given['name']: given.get('table') for given in task['inputs']})
        self.engine = None

    def send(self, message):
        """One message to the driver."""
        self.connection.sendall(json.dumps(message).encode('utf-8') + b'\n')

    def fail(self, kind, error):
        """Tells what went wrong, with the traceback."""
        message = '%s: %s' % (type(error).__name__, error)
        self.send({'type': kind, 'message': message[:4000], 'traceback': traceback.format_exc()[-TRACEBACK_LIMIT:]})

    def run(self, message):
        """One mini-batch: items in, elements out."""
        batch = message['batch']
        if 'files' in batch:
            data, items = list(batch['files']), len(batch['files'])
        else:
            data = self.tables.read(batch)
            items = len(data)
        context = types.SimpleNamespace(
            minibatch_index=str(message['index']), mini_batch_id=message['index'], partition_key_value=batch.get('keys') or {},
            dataset_info=None)
        rows = write_rows(self.engine.run(data, context), self.rows_path)
        self.send({'type': 'done', 'index': message['index'], 'items': items, 'rows': rows})

    def serve(self):
        """Until the end of the stream; the exit status."""
        try:
            model = place_model(self.task)
            self.engine = MlflowBatches(model) if self.task['engine'] == 'mlflow' else ScriptEngine(self.task)
        except BaseException as error:
            self.fail('init-failed', error)
            return 3
        self.send({'type': 'ready'})
        with self.connection.makefile('r', encoding='utf-8') as stream:
            for line in stream:
                message = json.loads(line)
                if message['type'] == 'shutdown':
                    break
                try:
                    self.run(message)
                except BaseException as error:
                    self.fail('failed', error)
                finally:
                    sys.stdout.flush()
        try:
            self.engine.shutdown()
        except BaseException:
            sys.stderr.write('fulcrum: shutdown() of the entry script raised:\n%s' % traceback.format_exc())
        return 0


def main(arguments):
    """Entry point."""
    if arguments[0] == '--groups':
        with open(arguments[1], encoding='utf-8') as stream:
            request = json.load(stream)
        try:
            groups = mini_batch_tables.groups_in_data(request['root'], request['table'], request['files'], request['keys'])
        except Exception as error:
            print(json.dumps({'error': '%s: %s' % (type(error).__name__, error)}))
            return 0
        print(json.dumps({'groups': groups}))
        return 0
    with open(arguments[0], encoding='utf-8') as stream:
        task = json.load(stream)
    connection = socket.socket(fileno=int(arguments[2]))
    # Processes that the user's code starts must not hold the line open.
    connection.set_inheritable(False)
    return Worker(task, os.path.dirname(os.path.abspath(arguments[0])), int(arguments[1]), connection).serve()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
