"""Reads the parts of a table as a pandas DataFrame, as a file MLTable says. pandas is the user's own, imported lazily."""

import io

from .mini_batch_plan import PlanError, named_step, path_columns

HEADERLESS = ('no_header',)
TYPES = {'int': 'int64', 'float': 'float64', 'string': 'str', 'boolean': 'bool', 'datetime': 'datetime'}


def _bytes_of(part):
    with open(part['path'], 'rb') as stream:
        if part['start'] is None:
            return stream.read()
        header = stream.readline()
        stream.seek(part['start'])
        return header + stream.read(part['end'] - part['start'])


def _read_delimited(pandas, part, options):
    header = options.get('header', 'all_files_same_headers')
    names = {'header': None} if header in HEADERLESS else {}
    if options.get('empty_as_string'):
        names['keep_default_na'] = False
    frame = pandas.read_csv(io.BytesIO(_bytes_of(part)), sep=options.get('delimiter', ','),
                            encoding=options.get('encoding', 'utf8').replace('iso88591', 'latin-1'), **names)
    if header in HEADERLESS:
        frame.columns = ['Column%d' % (index + 1) for index in range(len(frame.columns))]
    return frame


def _read(pandas, part, step, options):
    if step == 'read_delimited':
        return _read_delimited(pandas, part, options)
    if step == 'read_parquet':
        return pandas.read_parquet(part['path'])
    return pandas.read_json(part['path'], lines=True)


def _columns(value):
    return [value] if isinstance(value, str) else list(value or [])


def _convert(pandas, frame, options):
    for entry in options if isinstance(options, list) else options.get('columns') or []:
        kind = entry.get('column_type')
        kind = next(iter(kind)) if isinstance(kind, dict) else kind
        if kind not in TYPES:
            raise PlanError("the MLTable converts to '%s'; known types: %s" % (kind, ', '.join(TYPES)))
        for column in _columns(entry.get('columns')):
            frame[column] = pandas.to_datetime(frame[column]) if kind == 'datetime' else frame[column].astype(TYPES[kind])
    return frame


def _transform(pandas, frame, step, options):
    if step == 'drop_columns':
        return frame.drop(columns=_columns(options.get('columns') if isinstance(options, dict) else options), errors='ignore')
    if step == 'keep_columns':
        return frame[_columns(options.get('columns') if isinstance(options, dict) else options)]
    if step == 'convert_column_types':
        return _convert(pandas, frame, options)
    if step in ('take', 'skip'):
        count = int(options.get('count') if isinstance(options, dict) else options)
        return frame.iloc[:count] if step == 'take' else frame.iloc[count:]
    raise PlanError("the MLTable uses '%s', which cannot be done here; known: read_delimited, read_parquet, read_json_lines, "
                    "extract_columns_from_partition_format, drop_columns, keep_columns, convert_column_types, take, skip" % step)


def read_table(root, table, parts):
    """The DataFrame of ``parts``. Raises PlanError for what cannot be read."""
    try:
        import pandas
    except ImportError as error:
        raise PlanError('an input of type mltable needs pandas in the environment of the step: %s' % error)
    frame = None
    for entry in table.get('transformations') or []:
        for step, options in named_step(entry).items():
            options = {} if options is None else options
            if frame is None:
                frames = []
                for part in parts:
                    one = _read(pandas, part, step, options)
                    if options.get('include_path_column'):
                        one.insert(0, 'Path', part['path'])
                    for column, value in path_columns(root, part['path'], table).items():
                        one[column] = value
                    frames.append(one)
                frame = pandas.concat(frames, ignore_index=True)
            elif step != 'extract_columns_from_partition_format':
                frame = _transform(pandas, frame, step, options)
    return frame


def groups_in_data(root, table, files, keys):
    """[{parts, keys}] by the distinct values that ``keys`` have in the rows of all files, in their order."""
    parts = [{'path': path, 'start': None, 'end': None} for path in files]
    frame = read_table(root, table, parts)
    missing = [key for key in keys if key not in frame.columns]
    if missing:
        raise PlanError("partition_keys names '%s', but the table has the columns %s" % (missing[0], ', '.join(map(str, frame.columns))))
    distinct = frame[keys].drop_duplicates().sort_values(keys)
    return [{'parts': parts, 'keys': {key: value.item() if hasattr(value, 'item') else str(value) for key, value in zip(keys, row)},
             'select': True} for row in distinct.itertuples(index=False, name=None)]


class TableReader:
    """Reads mini-batches of tables; keeps the last table whole when mini-batches are rows chosen from it."""

    def __init__(self, tables):
        self.tables = tables
        self.kept = (None, None)

    def read(self, batch):
        """The rows of one mini-batch."""
        table = self.tables[batch['table']]
        if not batch.get('select'):
            return read_table(batch['root'], table, batch['parts'])
        if self.kept[0] != batch['table']:
            self.kept = (batch['table'], read_table(batch['root'], table, batch['parts']))
        frame = self.kept[1]
        for key, value in batch['keys'].items():
            frame = frame[frame[key].astype(str) == str(value)]
        return frame.reset_index(drop=True)
