"""Reads the training and validation tables: an MLTable, or files of CSV or Parquet."""

import os

from .problem import Problem

READERS = {'.csv': 'read_csv', '.tsv': 'read_csv', '.txt': 'read_csv', '.parquet': 'read_parquet', '.pqt': 'read_parquet',
           '.json': 'read_json', '.jsonl': 'read_json'}


def read(path, name):
    """The DataFrame below ``path``. Raises Problem."""
    definition = os.path.join(path, 'MLTable')
    frame = _from_definition(path, definition) if os.path.isfile(definition) else _from_files(path, name)
    if len(frame) == 0:
        raise Problem('%s has no rows.' % name)
    frame.columns = [str(column) for column in frame.columns]
    return frame.reset_index(drop=True)


def _from_definition(root, definition):
    import yaml
    from fulcrum_runtime.mini_batch_plan import PlanError, is_tabular, table_files
    from fulcrum_runtime.mini_batch_tables import read_table
    with open(definition, encoding='utf-8') as stream:
        table = yaml.safe_load(stream) or {}
    try:
        files = table_files(root, table)
        if not is_tabular(table):
            return _concat([_read_file(file) for file in files], 'the MLTable')
        return read_table(root, table, [{'path': file, 'start': None, 'end': None} for file in files])
    except PlanError as error:
        raise Problem(str(error))


def _from_files(path, name):
    from fulcrum_runtime.mini_batch_plan import list_files
    files = [file for file in list_files(path) if os.path.splitext(file)[1].lower() in READERS]
    # A file input may have lost its ending on the way; it is read as CSV.
    if not files and os.path.isfile(path):
        files = [path]
    return _concat([_read_file(file) for file in files], name)


def _concat(frames, name):
    import pandas
    if not frames:
        raise Problem('%s has no file MLTable and no file that ends in %s.' % (name, ', '.join(sorted(READERS))))
    return pandas.concat(frames, ignore_index=True)


def _read_file(path):
    import pandas
    suffix = os.path.splitext(path)[1].lower()
    options = {'sep': '\t'} if suffix == '.tsv' else {'lines': True} if suffix == '.jsonl' else {}
    try:
        return getattr(pandas, READERS.get(suffix, 'read_csv'))(path, **options)
    except (ValueError, OSError) as error:
        raise Problem("'%s' cannot be read: %s" % (os.path.basename(path), error))


def training_rows(frame, task):
    """``frame`` without rows that have no target. Raises Problem for a column that is not there."""
    wanted = [task['targetColumn'], task.get('weightColumn'), *task['splitColumns']]
    forecasting = task.get('forecasting')
    if forecasting:
        wanted += [forecasting['timeColumn'], *forecasting['seriesIdColumns']]
    for column in wanted:
        if column and column not in frame.columns:
            raise Problem("The data has no column '%s'; it has: %s." % (column, ', '.join(list(frame.columns)[:50])))
    kept = frame[frame[task['targetColumn']].notna()]
    if len(kept) < 10:
        raise Problem("Column '%s' has a value in %d rows; at least 10 are needed." % (task['targetColumn'], len(kept)))
    return kept.reset_index(drop=True)
