"""Forecasting models: one object that knows the history of every series and says what comes after it."""

import numpy
import pandas
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from . import columns, estimators
from .problem import Problem

CALENDAR = ('month', 'quarter', 'day', 'dayofweek', 'dayofyear', 'hour')
SEASONS = {'h': 24, 'D': 7, 'B': 5, 'W': 52, 'M': 12, 'Q': 4, 'min': 60}


def season_of(frequency):
    """The usual season of a frequency: 12 for months, 7 for days; 1 for what has none."""
    name = (getattr(frequency, 'name', None) or str(frequency)).split('-')[0].lstrip('0123456789')
    name = {'ME': 'M', 'MS': 'M', 'QE': 'Q', 'QS': 'Q', 'H': 'h', 'T': 'min'}.get(name, name)
    return SEASONS.get(name, 1)



class Series:
    """The recurrences: each says the value at ``position`` from the values before it. Values after ``known`` are forecasts."""

    @staticmethod
    def naive(values, position, known, season):
        return values[min(position, known) - 1]

    @staticmethod
    def seasonal_naive(values, position, known, season):
        end = min(position, known)
        back = position - season * int(numpy.ceil((position - end + 1) / season))
        return values[back] if back >= 0 else values[end - 1]

    @staticmethod
    def average(values, position, known, season):
        return values[:min(position, known)].mean()

    @staticmethod
    def seasonal_average(values, position, known, season):
        end = min(position, known)
        same = values[position % season:end:season]
        return same.mean() if len(same) else values[:end].mean()


RECURRENCES = {'Naive': Series.naive, 'SeasonalNaive': Series.seasonal_naive, 'Average': Series.average,
               'SeasonalAverage': Series.seasonal_average}


def smooth(values, known, season, parameters):
    """Holt and Winters, additive, with a damped trend: ``values`` with forecasts from ``known`` on."""
    alpha, beta, gamma = (float(parameters[name]) for name in ('alpha', 'beta', 'gamma'))
    damping = float(parameters['damping'])
    seasonal = season > 1 and known >= 2 * season
    found = values.astype(float).copy()
    level = found[:season].mean() if seasonal else found[0]
    trend = (found[season:2 * season].mean() - level) / season if seasonal else (found[known - 1] - found[0]) / max(1, known - 1)
    indices = list(found[:season] - level) if seasonal else [0.0]
    for position in range(len(found)):
        index = position % len(indices)
        if position >= known:
            found[position] = level + damping * trend + indices[index]
            level, trend = level + damping * trend, damping * trend
            continue
        before = level
        level = alpha * (found[position] - indices[index]) + (1 - alpha) * (level + damping * trend)
        trend = beta * (level - before) + (1 - beta) * damping * trend
        if seasonal:
            indices[index] = gamma * (found[position] - level) + (1 - gamma) * indices[index]
    return found


class Forecaster(BaseEstimator):
    """Fitted on a table of series; ``predict`` takes rows with the time, the ids of the series and the other columns, in any order."""

    def __init__(self, layout, parameters, cores):
        self.layout = layout
        self.parameters = parameters
        self.cores = cores

    def fit(self, frame, target):
        self.history_ = {}
        rows = frame.assign(**{'(target)': numpy.asarray(target, dtype=float)})
        for key, part in _groups(rows, self.layout):
            grid = _on_grid(part, self.layout)
            self.history_[key] = grid
        if self.parameters['algorithm'] not in RECURRENCES and self.parameters['algorithm'] != 'ExponentialSmoothing':
            self._fit_regression()
        return self

    @property
    def is_regression(self):
        return hasattr(self, 'model_')

    def _fit_regression(self):
        parts = [_design(grid, self.layout, key, grid['(target)'].to_numpy()) for key, grid in self.history_.items()]
        design = pandas.concat(parts, ignore_index=True)
        target = numpy.concatenate([grid['(target)'].to_numpy() for grid in self.history_.values()])
        # Rows at the start have no history to look at.
        first = numpy.concatenate([numpy.arange(len(grid)) for grid in self.history_.values()])
        usable = first >= min(max(self.layout['lags'], default=0), max(0, int(first.max()) // 2))
        purposes = {name: self.layout['purposes'].get(name) or columns.purpose_of(design[name], len(design)) for name in design.columns}
        purposes = {name: 'Ignore' if design[name].nunique(dropna=True) <= 1 else purpose for name, purpose in purposes.items()}
        algorithm = self.parameters['algorithm']
        steps = [('featurize', columns.build(purposes, design, self.layout['task'], algorithm))]
        scaler = estimators.scaler_of(self.parameters, algorithm)
        if scaler is not None:
            steps.append(('scale', scaler))
        steps.append(('model', estimators.build('regression', algorithm, self.parameters, self.cores, int(usable.sum()))))
        self.model_ = Pipeline(steps).fit(design[usable], target[usable])

    def predict(self, X):
        frame = X.reset_index(drop=True)
        answer = numpy.full(len(frame), numpy.nan)
        for key, part in _groups(frame, self.layout):
            if key not in self.history_:
                raise Problem('The model has seen no series %s; it knows %d others.' % (key, len(self.history_)))
            answer[part.index.to_numpy()] = self._of_series(key, part)
        return answer

    def _of_series(self, key, part):
        """Forecasts for the rows of one series. Times within the history get what would have been said then, one step ahead."""
        history = self.history_[key]
        times = columns.to_dates(part[self.layout['time']])
        grid = _extend(history, part, times, self.layout)
        known = len(history)
        values = grid['(target)'].to_numpy().astype(float).copy()
        positions = grid.index.get_indexer(times, method='nearest')
        if self.is_regression:
            found = self._recurse(key, grid, values, known)
        elif self.parameters['algorithm'] == 'ExponentialSmoothing':
            found = smooth(values, known, self.layout['season'], self.parameters)
        else:
            recurrence = RECURRENCES[self.parameters['algorithm']]
            found = numpy.array([recurrence(values, max(1, position), known, self.layout['season']) for position in range(len(values))])
        return found[positions]

    def _recurse(self, key, grid, values, known):
        """A lag may reach into the forecasts: then one step after the other, else all at once."""
        if not self.layout['lags'] and not self.layout['window']:
            return numpy.asarray(self.model_.predict(_design(grid, self.layout, key, values)), dtype=float)
        found = values.copy()
        inside = numpy.asarray(self.model_.predict(_design(grid.iloc[:known], self.layout, key, found[:known])), dtype=float)
        longest = max([*self.layout['lags'], self.layout['window'], 1]) + 1
        for position in range(known, len(found)):
            start = max(0, position - longest)
            design = _design(grid.iloc[start:position + 1], self.layout, key, found[start:position + 1], start)
            found[position] = float(self.model_.predict(design.iloc[[-1]])[0])
        found[:known] = inside
        return found


def _groups(frame, layout):
    ids = layout['ids']
    if not ids:
        return [('all', frame)]
    return [('/'.join(map(str, key if isinstance(key, tuple) else (key,))), part) for key, part in frame.groupby(ids, sort=True, dropna=False)]


def _on_grid(part, layout):
    """One row for each period, in order; gaps take the value before them."""
    times = columns.to_dates(part[layout['time']])
    grid = part.assign(**{'(time)': times}).dropna(subset=['(time)']).sort_values('(time)').drop_duplicates('(time)', keep='last').set_index('(time)')
    full = pandas.date_range(grid.index[0], grid.index[-1], freq=layout['frequency'])
    # Times that the frequency does not hit would be lost; such a series keeps its own.
    return grid.reindex(full).ffill().bfill() if len(full.intersection(grid.index)) > 0.5 * len(grid) else grid


def _extend(history, part, times, layout):
    last = times.max()
    if last <= history.index[-1]:
        return history
    ahead = pandas.date_range(history.index[-1], last, freq=layout['frequency'])
    ahead = ahead[ahead > history.index[-1]]
    given = part.assign(**{'(time)': times}).sort_values('(time)').drop_duplicates('(time)', keep='last').set_index('(time)')
    future = given.reindex(ahead, method='nearest') if len(ahead) else given.iloc[0:0]
    if len(ahead) == 0:
        future = given[given.index > history.index[-1]]
    future = future.reindex(columns=[name for name in history.columns if name != '(target)'])
    return pandas.concat([history, future.assign(**{'(target)': numpy.nan})])


def _design(grid, layout, key, values, offset=0):
    """What a regression sees of each period: the calendar, the trend, the series, the other columns, lags of the target."""
    times = grid.index
    parts = {part: getattr(times, part).astype('float64') for part in CALENDAR}
    parts['trend'] = numpy.arange(offset, offset + len(grid), dtype=float)
    if layout['season'] > 1:
        parts['season'] = ((numpy.arange(offset, offset + len(grid))) % layout['season']).astype(float)
    if layout['ids']:
        parts['series'] = numpy.repeat(key, len(grid))
    for name in layout['features']:
        parts[name] = grid[name].to_numpy()
    target = pandas.Series(values)
    for lag in layout['lags']:
        parts['target_lag_%d' % lag] = target.shift(lag).to_numpy()
    if layout['window']:
        rolling = target.shift(1).rolling(layout['window'], min_periods=1)
        parts['target_mean_%d' % layout['window']] = rolling.mean().to_numpy()
        parts['target_min_%d' % layout['window']] = rolling.min().to_numpy()
        parts['target_max_%d' % layout['window']] = rolling.max().to_numpy()
    return pandas.DataFrame(parts)
