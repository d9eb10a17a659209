"""What a trial leaves: its model, a model that has not seen the rows of the first fold, and what it predicted for rows that it was judged by."""

import json
import os
import pickle

import numpy


class Outcome:
    """``table`` has ``folds``, ``judge(rows, predictions)``, ``predict(model, rows)``, ``features`` and ``classes``."""

    def __init__(self, table, model, fold_model, predictions, metrics, tags=None):
        self.table = table
        self.model = model
        self.fold_model = fold_model
        self.predictions = predictions
        self.metrics = metrics
        self.tags = tags or {}


def save(outcome, task):
    """Into the trial's own output, for the ensemble and the explanation."""
    directory = task['trialDirectory']
    for name, value in (('model.pkl', outcome.model), ('fold_model.pkl', outcome.fold_model)):
        with open(os.path.join(directory, name), 'wb') as stream:
            pickle.dump(value, stream, protocol=4)
    numpy.savez_compressed(os.path.join(directory, 'predictions.npz'), **{'fold_%d' % i: found for i, found in enumerate(outcome.predictions)})
    with open(os.path.join(directory, 'trial.json'), 'w', encoding='utf-8') as stream:
        json.dump({'parameters': task['parameters'], 'metrics': outcome.metrics, 'role': task['role']}, stream, indent=1)


class Earlier:
    """A trial that has ended, read from its output."""

    def __init__(self, member):
        self.name, self.algorithm, self.directory = member['name'], member['algorithm'], member['path']

    def load(self, name):
        with open(os.path.join(self.directory, name), 'rb') as stream:
            return pickle.load(stream)

    def predictions(self):
        with numpy.load(os.path.join(self.directory, 'predictions.npz')) as found:
            return [found['fold_%d' % index] for index in range(len(found.files))]
