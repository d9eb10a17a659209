"""The voting ensemble: models of the best trials, each with the weight that validation rows give it."""

import numpy
from sklearn.base import BaseEstimator

from . import metrics
from .outcome import Earlier, Outcome
from .problem import Problem

ROUNDS = 15


class VotingEnsemble(BaseEstimator):
    """The weighted mean of what its models say: of probabilities for classes, of numbers otherwise."""

    def __init__(self, models, weights, classes=None):
        self.models = models
        self.weights = weights
        self.classes = classes
        if classes is not None:
            self.classes_ = classes

    def predict_proba(self, X):
        total = numpy.zeros((len(X), len(self.classes)))
        for model, weight in zip(self.models, self.weights):
            total[:, numpy.searchsorted(self.classes, model.classes_)] += weight * model.predict_proba(X)
        return total

    def predict(self, X):
        if self.classes is None:
            return sum(weight * numpy.asarray(model.predict(X), dtype=float) for model, weight in zip(self.models, self.weights))
        return numpy.asarray(self.classes)[numpy.argmax(self.predict_proba(X), axis=1)]


def choose(task, table, candidates):
    """How often each candidate is taken when, again and again, the one is added that helps the mean most (Caruana 2004)."""
    sign = 1 if task['goal'] == 'maximize' else -1
    chosen, best = [], -numpy.inf
    for _ in range(ROUNDS):
        scores = [sign * _score(task, table, [candidates[i] for i in chosen] + [candidate]) for candidate in candidates]
        index = int(numpy.argmax(scores))
        taken = set(chosen)
        if scores[index] <= best + 1e-9 and len(taken) > 1:
            break
        if taken == {index}:
            # One model alone is no ensemble: the second one is another, even where it does not help.
            index = max((i for i in range(len(candidates)) if i != index), key=lambda i: scores[i])
        chosen.append(index)
        best = max(best, scores[index])
    return numpy.bincount(chosen, minlength=len(candidates))


def _score(task, table, chosen):
    folds = [table.judge(rows, sum(found[fold] for found in chosen) / len(chosen)) for fold, (_, rows) in enumerate(table.folds)]
    return metrics.mean_over_folds(folds)[task['metric']]


def build(task, table):
    """The outcome of the ensemble trial. Raises Problem."""
    members = [Earlier(member) for member in task['members']]
    if len(members) < 2:
        raise Problem('An ensemble needs two models.')
    found = [member.predictions() for member in members]
    counts = choose(task, table, found)
    taken = [index for index in range(len(members)) if counts[index] > 0]
    weights = [float(counts[index]) / float(counts.sum()) for index in taken]
    mixed = [sum(weight * found[index][fold] for weight, index in zip(weights, taken)) for fold in range(len(table.folds))]
    judged = metrics.mean_over_folds([table.judge(rows, mixed[fold]) for fold, (_, rows) in enumerate(table.folds)])
    def make(name):
        return VotingEnsemble([members[index].load(name) for index in taken], weights, table.classes)
    for weight, index in zip(weights, taken):
        print('%.3f × %s (%s)' % (weight, members[index].algorithm, members[index].name), flush=True)
    tags = {
        'ensembled_run_ids': str([members[index].name for index in taken]),
        'ensembled_algorithms': str([members[index].algorithm for index in taken]),
        'ensemble_weights': str(weights),
    }
    return Outcome(table=table, model=make('model.pkl'), fold_model=make('fold_model.pkl'), predictions=mixed, metrics=judged, tags=tags)
