"""One trial of forecasting: folds that end in a validation window of the length of the forecast, as time goes."""

import numpy
import pandas

from . import columns, metrics, tables
from .forecasters import Forecaster, season_of
from .outcome import Outcome
from .problem import Problem


class Table:
    """The series of a job as every trial sees them, sorted by series and time."""

    def __init__(self, task):
        self.task, self.settings, self.classes = task, task['forecasting'], None
        frame = tables.training_rows(tables.read(task['trainingData'], 'The training data'), task)
        split = None
        if task.get('validationData'):
            validation = tables.training_rows(tables.read(task['validationData'], 'The validation data'), task)
            split = columns.to_dates(validation[self.settings['timeColumn']]).min()
            frame = pandas.concat([frame, validation], ignore_index=True)
        self.ids, self.time = self.settings['seriesIdColumns'], self.settings['timeColumn']
        frame = self._in_order(frame)
        self.frequency = self._frequency(frame)
        frame = self._long_enough(self._aggregated(frame))
        self.target = frame[task['targetColumn']].astype('float64').to_numpy()
        self.features = frame.drop(columns=[task['targetColumn']])
        self.spread = float(numpy.ptp(self.target))
        self.weights = None
        self.layout = self._layout()
        self.used = [self.time, *self.ids, *self.layout['features']]
        self.features = self.features[self.used]
        self.explained = [*self.ids, *self.layout['features']]
        self.times = columns.to_dates(self.features[self.time])
        self.folds = self._folds(split)

    def _in_order(self, frame):
        times = columns.to_dates(frame[self.time])
        if times.isna().any():
            raise Problem("Column '%s' holds %d values that are no dates." % (self.time, int(times.isna().sum())))
        frame = frame.assign(**{self.time: times})
        for column in self.ids:
            frame[column] = frame[column].astype(str)
        frame = frame.sort_values([*self.ids, self.time], kind='stable').reset_index(drop=True)
        twice = frame.duplicated([*self.ids, self.time])
        if twice.any() and not self.settings.get('aggregate'):
            raise Problem("%d rows have the same time%s as another; name timeSeriesIdColumnNames, or a targetAggregateFunction with a frequency."
                          % (int(twice.sum()), ' and series' if self.ids else ''))
        return frame

    def _frequency(self, frame):
        if self.settings.get('frequency'):
            try:
                return pandas.tseries.frequencies.to_offset(self.settings['frequency'])
            except ValueError:
                raise Problem("frequency is '%s', which is no offset alias of pandas, such as D, W, MS or h." % self.settings['frequency'])
        groups = [part[self.time] for _, part in frame.groupby(self.ids)] if self.ids else [frame[self.time]]
        longest = max(groups, key=len)
        found = pandas.infer_freq(longest) if len(longest) >= 3 else None
        if found is not None:
            return pandas.tseries.frequencies.to_offset(found)
        step = longest.diff().mode()
        if len(step) == 0:
            raise Problem('The frequency of the data cannot be told from a single row; give forecasting.frequency.')
        return pandas.tseries.frequencies.to_offset(step.iloc[0])

    def _aggregated(self, frame):
        how = self.settings.get('aggregate')
        if not how:
            return frame
        target = self.task['targetColumn']
        rules = {name: how if name == target else 'mean' if pandas.api.types.is_numeric_dtype(frame[name]) else 'first'
                 for name in frame.columns if name not in (self.time, *self.ids)}
        grouped = frame.groupby([*self.ids, pandas.Grouper(key=self.time, freq=self.frequency)]).agg(rules)
        return grouped.dropna(subset=[target]).reset_index()

    def _long_enough(self, frame):
        """Series that are too short for one validation window are left out."""
        if not self.ids or self.settings['shortSeries'] == 'none':
            return frame
        sizes = frame.groupby(self.ids)[self.time].transform('size')
        kept = frame[sizes >= 2 * self.settings['horizon'] + 1]
        if len(kept) == 0:
            raise Problem('Every series is shorter than twice the forecast horizon and one row (%d).' % (2 * self.settings['horizon'] + 1))
        return kept.reset_index(drop=True)

    def _layout(self):
        """What models need to know of the table; they keep it."""
        settings = self.settings
        season = season_of(self.frequency) if settings['seasonality'] == 'auto' else settings['seasonality']
        longest = int(self.features.groupby(self.ids)[self.time].size().max()) if self.ids else len(self.features)
        lags = settings['lags']
        if lags == 'auto':
            lags = sorted({1, 2, season} if season > 1 else {1, 2, 3})
        window = settings['rollingWindow']
        window = (season if season > 1 else 3) if window == 'auto' else window
        hidden = {self.time, *self.ids, *settings['unknownColumns'], self.task.get('weightColumn'), *self.task['splitColumns']}
        names = [name for name in self.features.columns if name not in hidden]
        found = columns.purposes(self.features[names], self.task['featurization']) if names else {}
        return {
            'time': self.time, 'ids': self.ids, 'frequency': self.frequency, 'season': max(1, min(season, longest // 2)),
            'features': [name for name in names if found[name] != 'Ignore'], 'purposes': found,
            'lags': [lag for lag in lags if lag < longest // 2], 'window': min(window, longest // 2),
            'task': {'featurization': {**self.task['featurization'], 'imputers': [
                entry for entry in self.task['featurization']['imputers'] if all(field in found for field in entry['fields'])]}},
        }

    def _folds(self, split):
        """The last window of each series is the first fold; every further one ends some periods earlier."""
        if split is not None:
            training, validation = numpy.flatnonzero(self.times < split), numpy.flatnonzero(self.times >= split)
            if len(training) == 0 or len(validation) == 0:
                raise Problem('The validation data must be later than the training data.')
            return [(training, validation)]
        horizon = self.settings['horizon']
        step = self.settings.get('cvStepSize') or horizon
        from_end = self._from_end()
        lengths = pandas.Series(from_end).groupby(self._series()).max().to_numpy() + 1
        count = 3 if self.task['folds'] == 'auto' else self.task['folds']
        found = []
        for fold in range(count):
            gap = fold * step
            training = numpy.flatnonzero(from_end >= gap + horizon)
            validation = numpy.flatnonzero((from_end >= gap) & (from_end < gap + horizon))
            # Every series of a window needs a history of its own.
            known = set(self._series()[training])
            validation = validation[[name in known for name in self._series()[validation]]] if len(validation) else validation
            if len(validation) == 0 or lengths.max() - gap - horizon < max(3, horizon):
                break
            found.append((training, validation))
        if not found:
            raise Problem('The longest series has %d rows: too few for a validation window of %d and a history before it.' % (lengths.max(), horizon))
        return found

    def _series(self):
        if not self.ids:
            return numpy.repeat('all', len(self.features))
        return self.features[self.ids].agg('/'.join, axis=1).to_numpy()

    def _from_end(self):
        """How many rows of the same series come after each."""
        order = pandas.Series(self._series()).groupby(self._series()).cumcount(ascending=False)
        return order.to_numpy()

    def judge(self, rows, predictions):
        return metrics.regression(self.target[rows], predictions, self.spread)

    def predict(self, model, rows):
        return numpy.asarray(model.predict(self.features.iloc[rows]), dtype=float)

    def example(self):
        """Rows as a caller has them: the last ones, with times as texts."""
        return self.features.tail(5).reset_index(drop=True)


def fit(table, parameters, rows, cores):
    return Forecaster(table.layout, parameters, cores).fit(table.features.iloc[rows], table.target[rows])


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
        print('Window %d of %d: %s = %.6g' % (len(judged), len(table.folds), task['metric'], judged[-1][task['metric']]), flush=True)
    final = fit(table, task['parameters'], numpy.arange(len(table.target)), task['cores'])
    return Outcome(table=table, model=final, fold_model=first, predictions=predictions, metrics=metrics.mean_over_folds(judged))
