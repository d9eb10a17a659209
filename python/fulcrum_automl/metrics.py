"""Azure's metrics under Azure's names."""

import warnings

import numpy
from scipy.stats import spearmanr
from sklearn import metrics as sk
from sklearn.preprocessing import label_binarize


def classification(truth, probabilities, classes, weights=None, positive=None):
    """{name: value}. ``probabilities``: a column for each of ``classes``."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return _classification(numpy.asarray(truth), probabilities, numpy.asarray(classes), weights, positive)


def _classification(truth, probabilities, classes, weights, positive):
    predicted = classes[numpy.argmax(probabilities, axis=1)]
    onehot = label_binarize(truth, classes=classes)
    onehot = numpy.hstack([1 - onehot, onehot]) if onehot.shape[1] == 1 else onehot
    recall = sk.recall_score(truth, predicted, average='macro', sample_weight=weights, zero_division=0)
    chance = 1.0 / len(classes)
    values = {
        'accuracy': sk.accuracy_score(truth, predicted, sample_weight=weights),
        'balanced_accuracy': recall,
        'norm_macro_recall': max(0.0, (recall - chance) / (1 - chance)),
        'matthews_correlation': sk.matthews_corrcoef(truth, predicted, sample_weight=weights),
        'log_loss': sk.log_loss(truth, probabilities, labels=classes, sample_weight=weights),
        'weighted_accuracy': _weighted_accuracy(truth, predicted),
    }
    for average in ('macro', 'micro', 'weighted'):
        options = {'average': average, 'sample_weight': weights, 'zero_division': 0}
        values['f1_score_%s' % average] = sk.f1_score(truth, predicted, **options)
        values['precision_score_%s' % average] = sk.precision_score(truth, predicted, **options)
        values['recall_score_%s' % average] = sk.recall_score(truth, predicted, **options)
        # A class that does not occur among the rows has no area under its curve.
        seen = onehot.any(axis=0) & ~onehot.all(axis=0)
        chosen = slice(None) if average == 'micro' else seen
        if seen.any():
            values['AUC_%s' % average] = sk.roc_auc_score(onehot[:, chosen], probabilities[:, chosen], average=average, sample_weight=weights)
            values['average_precision_score_%s' % average] = sk.average_precision_score(
                onehot[:, chosen], probabilities[:, chosen], average=average, sample_weight=weights)
    if len(classes) == 2:
        values.update(_binary(truth, predicted, probabilities, classes, weights, positive))
    return {name: float(value) for name, value in values.items()}


def _weighted_accuracy(truth, predicted):
    """Accuracy in which a class counts by the square of its size, as Azure has it."""
    labels, counts = numpy.unique(truth, return_counts=True)
    size = dict(zip(labels.tolist(), counts.tolist()))
    weights = numpy.array([size[value] for value in numpy.asarray(truth).tolist()], dtype=float)
    return sk.accuracy_score(truth, predicted, sample_weight=weights)


def _binary(truth, predicted, probabilities, classes, weights, positive):
    names = [str(value) for value in classes.tolist()]
    index = names.index(str(positive)) if str(positive) in names else 1
    is_true, is_predicted = truth == classes[index], predicted == classes[index]
    options = {'sample_weight': weights, 'zero_division': 0}
    values = {'f1_score_binary': sk.f1_score(is_true, is_predicted, **options),
              'precision_score_binary': sk.precision_score(is_true, is_predicted, **options),
              'recall_score_binary': sk.recall_score(is_true, is_predicted, **options)}
    if is_true.any() and not is_true.all():
        values['AUC_binary'] = sk.roc_auc_score(is_true, probabilities[:, index], sample_weight=weights)
        values['average_precision_score_binary'] = sk.average_precision_score(is_true, probabilities[:, index], sample_weight=weights)
    return values


def regression(truth, predicted, spread, weights=None):
    """{name: value}. ``spread``: the range of the target, by which errors are normalized."""
    truth, predicted = numpy.asarray(truth, dtype=float), numpy.asarray(predicted, dtype=float)
    spread = spread if spread > 0 else 1.0
    squared = numpy.sqrt(sk.mean_squared_error(truth, predicted, sample_weight=weights))
    absolute = sk.mean_absolute_error(truth, predicted, sample_weight=weights)
    median = sk.median_absolute_error(truth, predicted)
    values = {
        'root_mean_squared_error': squared, 'normalized_root_mean_squared_error': squared / spread,
        'mean_absolute_error': absolute, 'normalized_mean_absolute_error': absolute / spread,
        'median_absolute_error': median, 'normalized_median_absolute_error': median / spread,
        'spearman_correlation': _spearman(truth, predicted),
    }
    if len(truth) > 1:
        # As Azure does: a model worse than -1 is as bad as can be.
        values['r2_score'] = max(-1.0, sk.r2_score(truth, predicted, sample_weight=weights))
        values['explained_variance'] = sk.explained_variance_score(truth, predicted, sample_weight=weights)
    nonzero = truth != 0
    if nonzero.any():
        values['mean_absolute_percentage_error'] = 100 * float(numpy.mean(numpy.abs((truth - predicted)[nonzero] / truth[nonzero])))
    if (truth > -1).all() and (predicted > -1).all():
        values['root_mean_squared_log_error'] = numpy.sqrt(numpy.mean((numpy.log1p(truth) - numpy.log1p(predicted)) ** 2))
    return {name: float(value) for name, value in values.items()}


def _spearman(truth, predicted):
    if len(truth) < 2 or numpy.ptp(truth) == 0 or numpy.ptp(predicted) == 0:
        return 0.0
    return float(spearmanr(truth, predicted).statistic)


def mean_over_folds(folds):
    """The mean of each metric over folds that have it, as Azure reports cross-validation."""
    names = {name for fold in folds for name in fold}
    return {name: float(numpy.mean([fold[name] for fold in folds if name in fold])) for name in sorted(names)}
