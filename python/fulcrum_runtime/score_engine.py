"""The ``score.py`` engine: a user's script with ``init()`` and ``run(raw_data)`` (contract of Azure's scoring server)."""

import importlib.util
import inspect
import json
import os
import sys
import traceback
from urllib.parse import parse_qsl

from .scoring_errors import InputError, LoadError


def _set_defaults(hello):
    """The variables a script may read; what the deployment set already stays."""
    script, code = hello.get('script') or 'main.py', hello.get('codeDir') or os.getcwd()
    defaults = {'AZUREML_MODEL_DIR': hello.get('modelDir'), 'AML_APP_ROOT': code, 'AZUREML_SOURCE_DIRECTORY': code,
                'AZUREML_ENTRY_SCRIPT': script}
    for name, value in defaults.items():
        if value:
            os.environ.setdefault(name, value)
    return os.path.join(code, script)


def query_as_json(query):
    """A GET query as a JSON object: values parsed if they are JSON, repeated names become lists."""
    found = {}
    for name, text in parse_qsl(query or '', keep_blank_values=True):
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return json.dumps(found)


class ScoreEngine:
    """Imports the script and calls ``init`` at construction; raises LoadError when either is at fault."""

    name = 'score.py'
    inputs = None
    outputs = None
    input_example = None

    def __init__(self, hello):
        path = _set_defaults(hello)
        if not os.path.isfile(path):
            raise LoadError('UserScriptImportError', 'the scoring script %s does not exist' % path)
        directory = os.path.dirname(os.path.abspath(path))
        sys.path.insert(0, directory)
        if hello.get('codeDir'):
            os.chdir(hello['codeDir'])
        module = self._load(path)
        init, self.run = getattr(module, 'init', None), getattr(module, 'run', None)
        for name, function in (('init', init), ('run', self.run)):
            if not callable(function):
                raise LoadError('UserScriptFunctionNotFound', "%s has no function '%s'" % (path, name))
        driver = getattr(module, 'driver_module', None)
        if callable(getattr(driver, 'run', None)):
            self.run = driver.run
        self.parameter, self.wants_headers = self._check_run(path)
        try:
            init()
        except BaseException as error:
            raise LoadError('UserScriptInitFailed', 'init() of %s raised %s\n%s' % (path, repr(error), traceback.format_exc()))

    @staticmethod
    def _load(path):
        specification = importlib.util.spec_from_file_location('entry_script', path)
        module = importlib.util.module_from_spec(specification)
        sys.modules['entry_script'] = module
        try:
            specification.loader.exec_module(module)
        except BaseException as error:
            raise LoadError('UserScriptImportError', 'importing %s raised %s\n%s' % (path, repr(error), traceback.format_exc()))
        return module

    def _check_run(self, path):
        names, wants_headers = [], False
        for parameter in inspect.signature(self.run).parameters.values():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise LoadError('UserScriptFunctionNotFound',
                                "run() of %s must not take '%s': only plain named parameters" % (path, parameter))
            if parameter.name == 'request_headers':
                wants_headers = True
            else:
                names.append(parameter.name)
        if not names:
            raise LoadError('UserScriptFunctionNotFound', 'run() of %s needs a parameter for the data' % path)
        return names[0], wants_headers

    def infer(self, header, body):
        """(status, headers, body bytes, {} because a script collects its data itself)."""
        if header.get('method', 'POST').upper() == 'GET':
            data = query_as_json(header.get('query'))
        else:
            try:
                data = body.decode('utf-8')
            except UnicodeDecodeError as error:
                raise InputError('the body is not UTF-8: %s' % error)
        arguments = {self.parameter: data}
        if self.wants_headers:
            arguments['request_headers'] = header.get('headers') or {}
        result = self.run(**arguments)
        text = json.dumps({} if result is None else result, allow_nan=False)
        return 200, {'content-type': 'application/json'}, text.encode('utf-8'), {}

    def batch(self, paths):
        """The rows ``run`` returns for a list of files."""
        rows = self.run(paths)
        rows = rows.values.tolist() if hasattr(rows, 'values') and hasattr(rows, 'columns') else list(rows)
        if len(rows) < len(paths):
            raise ValueError('run() returned %d rows for %d files' % (len(rows), len(paths)))
        return rows
