"""One trial of classification or regression: fit on the folds, judge, fit on all rows."""

import numpy
from sklearn.pipeline import Pipeline

from . import columns, estimators, metrics, splits, tables
from .outcome import Outcome


class Table:
    """The rows of a job as every trial sees them."""

    def __init__(self, task):
        self.task = task
        self.is_classes = task['task'] == 'classification'
        training = tables.training_rows(tables.read(task['trainingData'], 'The training data'), task)
        validation = None
        if task.get('validationData'):
            validation = tables.training_rows(tables.read(task['validationData'], 'The validation data'), task)
        hidden = {task['targetColumn'], task.get('weightColumn'), *task['splitColumns']}
        self.names = [column for column in training.columns if column not in hidden]
        self.purposes = columns.purposes(training[self.names], task['featurization'])
        self.used = [column for column in self.names if self.purposes[column] != 'Ignore']
        self.target = self._target(training)
        self.weights = self._weights(training)
        self.folds = None if validation is not None else splits.folds(task, training, self.target)
        self.features = columns.as_features(training, self.used)
        if validation is not None:
            # Both tables are one: the first rows train, the others judge.
            import pandas
            self.folds = [(numpy.arange(len(training)), numpy.arange(len(training), len(training) + len(validation)))]
            self.features = pandas.concat([self.features, columns.as_features(validation, self.used)], ignore_index=True)
            self.target = numpy.concatenate([self.target, self._target(validation)])
            if self.weights is not None:
                self.weights = numpy.concatenate([self.weights, self._weights(validation)])
        self.training_rows = len(training)
        self.classes = numpy.unique(self.target) if self.is_classes else None
        self.spread = 1.0 if self.is_classes else float(numpy.ptp(self.target))

    def _target(self, frame):
        column = frame[self.task['targetColumn']]
        if not self.is_classes:
            try:
                return column.astype('float64').to_numpy()
            except (TypeError, ValueError):
                from .problem import Problem
                raise Problem("Column '%s' holds no numbers; regression needs them." % self.task['targetColumn'])
        # Texts, so that labels of a file with and without missing ones are the same; whole numbers and booleans stay.
        import pandas
        if pandas.api.types.is_float_dtype(column) and (column % 1 == 0).all():
            column = column.astype('int64')
        return column.to_numpy() if pandas.api.types.is_integer_dtype(column) or pandas.api.types.is_bool_dtype(column) \
            else column.astype(str).to_numpy()

    def _weights(self, frame):
        name = self.task.get('weightColumn')
        return None if name is None else frame[name].fillna(0).astype('float64').to_numpy()

    def judge(self, rows, predictions):
        """Azure's metrics of predictions for these rows."""
        weights = None if self.weights is None else self.weights[rows]
        if self.is_classes:
            return metrics.classification(self.target[rows], predictions, self.classes, weights, self.task.get('positiveLabel'))
        return metrics.regression(self.target[rows], predictions, self.spread, weights)

    def predict(self, model, rows):
        """A column for each class of the job, or numbers."""
        features = self.features.iloc[rows]
        if not self.is_classes:
            return numpy.asarray(model.predict(features), dtype=float)
        found = model.predict_proba(features)
        # A fold may lack a rare class.
        table = numpy.zeros((len(rows), len(self.classes)))
        table[:, numpy.searchsorted(self.classes, model.classes_)] = found
        return table


def fit(table, parameters, rows, cores):
    """A fitted pipeline on these rows."""
    algorithm = parameters['algorithm']
    pipeline = [('featurize', columns.build({c: table.purposes[c] for c in table.used}, table.features, table.task, algorithm))]
    scaler = estimators.scaler_of(parameters, algorithm)
    if scaler is not None:
        pipeline.append(('scale', scaler))
    pipeline.append(('model', estimators.build(table.task['task'], algorithm, parameters, cores, len(rows))))
    # Frames between the steps would only carry names.
    model = Pipeline(pipeline)
    options = {} if table.weights is None else {'model__sample_weight': table.weights[rows]}
    return model.fit(table.features.iloc[rows], table.target[rows], **options)


def search(task):
    """The outcome of the trial that ``task`` describes."""
    table = Table(task)
    predictions, judged, first = [], [], None
    for training, validation in table.folds:
        model = fit(table, task['parameters'], training, task['cores'])
        found = table.predict(model, validation)
        predictions.append(found)
        judged.append(table.judge(validation, found))
        first = first or model
        print('Fold %d of %d: %s = %.6g' % (len(judged), len(table.folds), task['metric'], judged[-1].get(task['metric'], float('nan'))), flush=True)
    # With validation rows of their own the training rows are all that the model may see.
    final = first if task.get('validationData') else fit(table, task['parameters'], numpy.arange(table.training_rows), task['cores'])
    return Outcome(table=table, model=final, fold_model=first, predictions=predictions, metrics=metrics.mean_over_folds(judged))
