"""The no-code MLflow engine: any model directory with the python_function flavour. MLflow is the user's own, imported lazily."""

import json
import os
import traceback

from . import mlflow_inputs
from .scoring_errors import InputError, LoadError

READERS = {'.csv': 'read_csv', '.parquet': 'read_parquet', '.pqt': 'read_parquet', '.json': 'read_json', '.jsonl': 'read_json'}
IMAGES = ('.png', '.jpg', '.jpeg', '.tiff', '.bmp', '.gif')
NUMPY_TYPES = {'integer': 'int32', 'long': 'int64', 'float': 'float32', 'double': 'float64', 'boolean': 'bool',
               'string': 'object'}


def describe_schema(schema):
    """[{name, type, required, shape?}] of an MLflow schema, or None without one."""
    if schema is None:
        return None
    described = []
    for index, column in enumerate(schema.to_dict()):
        if column.get('type') == 'tensor':
            tensor = column['tensor-spec']
            described.append({'name': column.get('name') or '', 'type': 'tensor', 'required': True,
                              'datatype': tensor['dtype'], 'shape': tensor['shape']})
        else:
            described.append({'name': column.get('name') or str(index), 'type': column['type'],
                              'required': column.get('required', True)})
    return described


class MlflowEngine:
    """Loads the model at construction; raises LoadError when it cannot be."""

    name = 'mlflow'

    def __init__(self, hello):
        directory = hello.get('modelDir')
        if not directory or not os.path.isfile(os.path.join(directory, 'MLmodel')):
            raise LoadError('UserScriptInitFailed', 'no MLmodel file in the model directory %s' % directory)
        try:
            import mlflow.pyfunc
            import numpy
            import pandas
        except ImportError as error:
            raise LoadError('UserScriptImportError', 'no-code scoring needs mlflow, pandas and numpy in the environment: %s' % error)
        self.numpy, self.pandas = numpy, pandas
        try:
            self.model = mlflow.pyfunc.load_model(directory)
        except BaseException as error:
            raise LoadError('UserScriptInitFailed', 'loading %s raised %s\n%s' % (directory, repr(error), traceback.format_exc()))
        signature = self.model.metadata.signature
        self.inputs = describe_schema(signature.inputs if signature else None)
        self.outputs = describe_schema(signature.outputs if signature else None)
        self.is_tensor = bool(self.inputs) and self.inputs[0]['type'] == 'tensor'
        self.input_names = None if self.inputs is None or self.is_tensor else [c['name'] for c in self.inputs]
        self.output_names = [c['name'] for c in self.outputs] if self.outputs and self.outputs[0]['type'] != 'tensor' else None
        self.input_example = self._example(directory)
        self.flavor = next((name for name in self.model.metadata.flavors if name != 'python_function'), 'python_function')

    @staticmethod
    def _example(directory):
        try:
            with open(os.path.join(directory, 'serving_input_example.json'), encoding='utf-8') as stream:
                text = stream.read()
                return json.loads(text) if len(text) < 32768 else None
        except (OSError, ValueError):
            return None

    def _frame(self, columns):
        if self.inputs is None:
            return self.pandas.DataFrame(columns)
        series = {}
        for column in self.inputs:
            name, values = column['name'], columns[column['name']]
            if column['type'] == 'datetime':
                series[name] = self.pandas.to_datetime(values)
            elif None in values and column['type'] != 'string':
                series[name] = self.pandas.Series(values, dtype='object').astype('float64')
            else:
                series[name] = self.numpy.array(values, dtype=NUMPY_TYPES.get(column['type'], 'object'))
        return self.pandas.DataFrame(series)

    def _tensor(self, request):
        if not self.is_tensor:
            return self.numpy.array(request.raw)
        try:
            if isinstance(request.raw, dict):
                kinds = {c['name']: c['datatype'] for c in self.inputs}
                return {name: self.numpy.array(data, dtype=kinds.get(name)) for name, data in request.raw.items()}
            return self.numpy.array(request.raw, dtype=self.inputs[0]['datatype'])
        except (ValueError, TypeError) as error:
            raise InputError('the data does not form a tensor of type %s: %s' % (self.inputs[0]['datatype'], error))

    def _predict(self, data, parameters):
        from mlflow.exceptions import MlflowException
        try:
            return self.model.predict(data, params=parameters) if parameters else self.model.predict(data)
        except MlflowException as error:
            if 'enforce schema' in str(error).lower() or 'signature' in str(error).lower():
                raise InputError(str(error))
            raise

    def infer(self, header, body):
        """(status, headers, body bytes, {collection: row objects}). Raises InputError for bad input."""
        request = mlflow_inputs.parse(body, self.input_names)
        columns = request.columns
        if columns is not None and not self.is_tensor:
            if self.inputs is not None:
                columns = mlflow_inputs.check_columns(columns, request.rows, self.inputs)
            data = self._frame(columns)
        else:
            columns, data = None, self._tensor(request)
        predictions = mlflow_inputs.json_ready(self._predict(data, request.parameters))
        answer = predictions if request.key == 'input_data' else {'predictions': predictions}
        collected = {'model_outputs': mlflow_inputs.output_rows(predictions, self.output_names, request.rows)}
        if columns is not None:
            names = list(columns)
            collected['model_inputs'] = [
                mlflow_inputs.json_ready(dict(zip(names, values))) for values in zip(*(columns[n] for n in names))]
        text = json.dumps(answer, allow_nan=False, separators=(',', ':'))
        return 200, {'content-type': 'application/json'}, text.encode('utf-8'), collected

    def _typed(self, frame, path):
        """The signature's columns of a frame read from a file, in the signature's types (files lose them)."""
        if self.inputs is None or self.is_tensor:
            return frame
        name, typed = os.path.basename(path), {}
        for column in self.inputs:
            if column['name'] not in frame and column['required']:
                raise InputError("%s has no column '%s'" % (name, column['name']), column['name'])
            if column['name'] in frame:
                kind = NUMPY_TYPES.get(column['type'])
                try:
                    typed[column['name']] = frame[column['name']].astype(kind) if kind else frame[column['name']]
                except (ValueError, TypeError) as error:
                    raise InputError("%s column '%s' is not of type %s: %s" % (name, column['name'], column['type'], error), column['name'])
        return self.pandas.DataFrame(typed)

    def _read_table(self, path):
        suffix = os.path.splitext(path)[1].lower()
        if suffix not in READERS:
            raise InputError("cannot read '%s': the file must end in %s" % (os.path.basename(path), ', '.join(READERS)))
        options = {'lines': True} if suffix == '.jsonl' else {}
        return getattr(self.pandas, READERS[suffix])(path, **options)

    def batch(self, paths):
        """One row object per input row of the files (CSV, Parquet, JSON records, JSON lines)."""
        rows = []
        for path in paths:
            frame = self._read_table(path)
            predictions = mlflow_inputs.json_ready(self._predict(self._typed(frame, path), None))
            named = mlflow_inputs.output_rows(predictions, self.output_names, len(frame))
            rows += [dict(row, file_name=os.path.basename(path)) for row in named]
        return rows

    def _read_image(self, path):
        try:
            from PIL import Image
        except ImportError as error:
            raise InputError("reading '%s' needs pillow in the environment: %s" % (os.path.basename(path), error))
        kind = self.inputs[0]['datatype'] if self.is_tensor else 'uint8'
        with Image.open(path) as image:
            return self.numpy.array(image).astype(kind)[None, ...]

    def predict_file(self, path):
        """[(row index or None, [values])] for one file: a table row by row, an image as one tensor."""
        if os.path.splitext(path)[1].lower() in IMAGES:
            predictions = mlflow_inputs.json_ready(self._predict(self._read_image(path), None))
            return [(None, _values(row)) for row in predictions]
        frame = self._read_table(path)
        predictions = mlflow_inputs.json_ready(self._predict(self._typed(frame, path), None))
        if len(predictions) != len(frame):
            raise InputError('the model gave %d predictions for the %d rows of %s' % (len(predictions), len(frame), os.path.basename(path)))
        return [(index, _values(row)) for index, row in enumerate(predictions)]


def _values(row):
    """The values of one prediction: an object's members, a list's elements, or the value itself."""
    if isinstance(row, dict):
        return list(row.values())
    return list(row) if isinstance(row, list) else [row]
