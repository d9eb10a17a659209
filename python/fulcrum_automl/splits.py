"""Which rows judge a trial. The same for every trial of a job, so that ensembles can compare predictions row by row."""

import numpy
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit

from .problem import Problem

SEED = 4711


def folds(task, frame, target):
    """[(training rows, validation rows)] as arrays of positions. Raises Problem."""
    if task['splitColumns']:
        return [_by_column(frame, column) for column in task['splitColumns']]
    rows = len(frame)
    size, count = task.get('validationSize'), task['folds']
    if size is None and count == 'auto':
        # Azure's rule for tables of unknown use.
        size, count = (0.1, None) if rows > 20000 else (None, 3 if rows >= 1000 else 10)
    if size is not None:
        splitter = (StratifiedShuffleSplit if _stratified(task, target, 2) else ShuffleSplit)(n_splits=1, test_size=size, random_state=SEED)
    else:
        count = min(int(count), rows)
        splitter = (StratifiedKFold if _stratified(task, target, count) else KFold)(n_splits=count, shuffle=True, random_state=SEED)
    return list(splitter.split(numpy.zeros(rows), target if task['task'] == 'classification' else None))


def _stratified(task, target, least):
    return task['task'] == 'classification' and numpy.unique(target, return_counts=True)[1].min() >= least


def _by_column(frame, column):
    """Azure's form: 1 for training rows, 0 for validation rows."""
    marks = frame[column].astype(float).to_numpy()
    training, validation = numpy.flatnonzero(marks == 1), numpy.flatnonzero(marks == 0)
    if len(training) == 0 or len(validation) == 0:
        raise Problem("Column '%s' of cvSplitColumnNames must be 1 for training rows and 0 for validation rows." % column)
    return training, validation
