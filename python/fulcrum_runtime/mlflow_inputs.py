"""Request bodies of no-code MLflow scoring, checked against the model's signature without importing MLflow.

Shapes accepted: ``input_data`` (Azure: {columns, index?, data} | list of lists | list of objects | {name: list}), and MLflow's
``dataframe_split``, ``dataframe_records``, ``instances``, ``inputs``.
"""

import json

from .scoring_errors import InputError, nearest

INPUT_KEYS = ('input_data', 'dataframe_split', 'dataframe_records', 'instances', 'inputs')
WHOLE_TYPES = ('integer', 'long')
REAL_TYPES = ('float', 'double')


class Request:
    """``key``: which input key was used; ``columns``: {name: list} or None; ``raw``: the data of a tensor request;
    ``parameters``: ``params`` member; ``rows``: how many."""

    def __init__(self, key, columns, raw, parameters, rows):
        self.key = key
        self.columns = columns
        self.raw = raw
        self.parameters = parameters
        self.rows = rows


def _from_split(value, key, names):
    data = value.get('data')
    if not isinstance(data, list):
        raise InputError("'%s' needs a list under 'data'" % key)
    columns = value.get('columns') or names
    if columns is None:
        raise InputError("'%s' needs 'columns', because the model has no signature" % key)
    return _from_rows(data, key, columns, '')


def _from_rows(rows, key, columns, hint):
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            size = '%d values' % len(row) if isinstance(row, list) else 'no list'
            raise InputError("'%s' row %d has %s, %d are needed: %s%s"
                             % (key, index, size, len(columns), ', '.join(str(c) for c in columns), hint))
    return {name: [row[position] for row in rows] for position, name in enumerate(columns)}, len(rows)


def _from_records(rows, key):
    names = []
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InputError("'%s' row %d is not an object" % (key, index))
        names.extend(name for name in row if name not in names)
    return {name: [row.get(name) for row in rows] for name in names}, len(rows)


def _from_columns(value, key):
    sizes = {name: len(data) for name, data in value.items() if isinstance(data, list)}
    if len(sizes) < len(value) and sizes:
        odd = next(name for name in value if name not in sizes)
        raise InputError("'%s' column '%s' is not a list" % (key, odd), odd)
    if not sizes:
        return {name: [data] for name, data in value.items()}, 1
    if len(set(sizes.values())) > 1:
        raise InputError("'%s' columns differ in length: %s" % (key, sizes))
    return value, next(iter(sizes.values()))


def tabulate(value, key, names):
    """({column: list}, number of rows), or (None, 0) when the data is a tensor and not a table."""
    if isinstance(value, dict):
        if key == 'dataframe_split' or 'data' in value and set(value) <= {'columns', 'index', 'data'}:
            return _from_split(value, key, names)
        return _from_columns(value, key)
    if not isinstance(value, list):
        raise InputError("'%s' must be a list or an object" % key)
    if value and isinstance(value[0], dict):
        return _from_records(value, key)
    if names is not None and key != 'dataframe_records':
        if value and not isinstance(value[0], list) and len(names) == 1:
            value = [[item] for item in value]
        return _from_rows(value, key, names, ' (the order of the signature)')
    if key in ('dataframe_records', 'dataframe_split'):
        raise InputError("'%s' must hold row objects" % key)
    return None, len(value)


def parse(body, names):
    """A Request from the bytes of a JSON body; ``names``: the signature's columns or None. Raises InputError."""
    try:
        value = json.loads(body.decode('utf-8'))
    except ValueError as error:
        raise InputError('the body is not JSON: %s' % error)
    if not isinstance(value, dict):
        raise InputError("the body must be an object with one of %s" % ', '.join(INPUT_KEYS))
    keys = [key for key in INPUT_KEYS if key in value]
    if len(keys) != 1:
        found = ', '.join(value) or 'nothing'
        hint = nearest(next(iter(value), ''), INPUT_KEYS)
        raise InputError('the body must have exactly one of %s; it has %s%s' % (', '.join(INPUT_KEYS), found, hint))
    columns, rows = tabulate(value[keys[0]], keys[0], names)
    return Request(keys[0], columns, value[keys[0]], value.get('params'), rows)


def _whole(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise ValueError
    return int(value)


def _real(value):
    if value is None:
        return float('nan')
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError
    return float(value)


def _text(value):
    if value is not None and not isinstance(value, str):
        raise ValueError
    return value


def _truth(value):
    if not isinstance(value, bool):
        raise ValueError
    return value


def _converter(kind):
    if kind in WHOLE_TYPES:
        return _whole
    if kind in REAL_TYPES:
        return _real
    return {'string': _text, 'boolean': _truth}.get(kind, lambda value: value)


def check_columns(columns, rows, schema):
    """The columns of ``schema`` ([{name, type, required}]) in its order with values of its types; others are left out.

    Raises InputError naming the column, the row and the value.
    """
    names = [column['name'] for column in schema]
    extra = [name for name in columns if name not in names]
    missing = [c['name'] for c in schema if c['name'] not in columns and c.get('required', True)]
    if missing:
        hint = nearest(missing[0], extra).replace('did you mean', 'you sent')
        raise InputError("column%s %s missing%s; the model takes: %s" % (
            's' if len(missing) > 1 else '', ', '.join("'%s'" % name for name in missing) + (' are' if len(missing) > 1 else ' is'),
            hint, ', '.join('%s (%s)' % (c['name'], c['type']) for c in schema)), missing[0])
    checked = {}
    for column in schema:
        name = column['name']
        values, convert, result = columns.get(name, [None] * rows), _converter(column['type']), []
        optional = not column.get('required', True)
        for index, value in enumerate(values):
            try:
                result.append(None if optional and value is None else convert(value))
            except (ValueError, OverflowError):
                raise InputError("column '%s' row %d holds %s; the model needs type %s"
                                 % (name, index, json.dumps(value)[:80], column['type']), name)
        checked[name] = result
    return checked


def json_ready(value):
    """Values as JSON can hold them: arrays and frames to lists, NaN and infinities to null, dates to ISO text."""
    if hasattr(value, 'to_dict') and hasattr(value, 'columns'):
        value = value.to_dict(orient='records')
    elif hasattr(value, 'tolist'):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(name): json_ready(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_ready(item) for item in value]
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, bytes):
        return value.decode('utf-8', 'replace')
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return value.isoformat() if hasattr(value, 'isoformat') else str(value)


def output_rows(predictions, names, rows):
    """Predictions (JSON ready) as row objects named by the output signature, else 'output' or 'output_0' …"""
    if isinstance(predictions, dict):
        predictions = [{name: data[i] if isinstance(data, list) and len(data) == rows else data
                        for name, data in predictions.items()} for i in range(rows)]
    if not isinstance(predictions, list):
        predictions = [predictions]
    result = []
    for item in predictions:
        if isinstance(item, dict):
            result.append(item)
            continue
        values = item if isinstance(item, list) else [item]
        labels = names if names and len(names) == len(values) else (
            ['output'] if len(values) == 1 else ['output_%d' % i for i in range(len(values))])
        result.append(dict(zip(labels, values)))
    return result
