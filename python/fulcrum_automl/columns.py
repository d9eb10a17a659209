"""From columns of any kind to numbers: what each column is, and the transformer that suits it."""

import numpy
import pandas
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from .problem import Problem

MANY_CATEGORIES = 40
TREES = ('LightGBM', 'RandomForest', 'ExtremeRandomTrees', 'GradientBoosting', 'DecisionTree')
FLAT_BLOCKED = {'onehotencoder': 'OneHotEncoder', 'hashonehotencoder': 'OneHotEncoder', 'tfidf': 'TfIdf', 'countvectorizer': 'TfIdf'}


class CleanText(BaseEstimator, TransformerMixin):
    """Values as texts, with one text for what is missing; categories compare equal however a file spells their type."""

    def fit(self, X, y=None):
        self.feature_names_in_ = numpy.asarray(X.columns)
        return self

    def transform(self, X):
        frame = pandas.DataFrame(X).astype(object)
        return frame.apply(lambda column: column.map(_text_of))

    def get_feature_names_out(self, input_features=None):
        return self.feature_names_in_


def _text_of(value):
    if value is None or value is pandas.NaT or (isinstance(value, float) and value != value):
        return '(missing)'
    if isinstance(value, (float, numpy.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


class JoinText(BaseEstimator, TransformerMixin):
    """One text column as the list of texts that vectorizers take."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return [_text_of(value) if value == value and value is not None else '' for value in pandas.DataFrame(X).iloc[:, 0]]


class DateParts(BaseEstimator, TransformerMixin):
    """Year, month, day, weekday, day of the year, hour and the running time of date columns."""

    PARTS = ('year', 'month', 'day', 'dayofweek', 'dayofyear', 'hour')

    def fit(self, X, y=None):
        self.feature_names_in_ = numpy.asarray(X.columns)
        return self

    def transform(self, X):
        parts = {}
        for column in X.columns:
            dates = to_dates(X[column])
            for part in self.PARTS:
                parts['%s_%s' % (column, part)] = getattr(dates.dt, part).astype('float64')
            parts['%s_time' % column] = (dates - pandas.Timestamp(2000, 1, 1)).dt.total_seconds() / 86400.0
        return pandas.DataFrame(parts, index=X.index)

    def get_feature_names_out(self, input_features=None):
        return numpy.asarray(['%s_%s' % (column, part) for column in self.feature_names_in_ for part in (*self.PARTS, 'time')])


def to_dates(column):
    dates = pandas.to_datetime(column, errors='coerce', utc=False)
    return dates.dt.tz_localize(None) if getattr(dates.dt, 'tz', None) is not None else dates


def purpose_of(column, rows):
    """Numeric, Categorical, DateTime, Text or Ignore."""
    present = column.dropna()
    if len(present) == 0 or present.nunique() <= 1:
        return 'Ignore'
    if pandas.api.types.is_bool_dtype(column) or pandas.api.types.is_numeric_dtype(column):
        return 'Numeric'
    if pandas.api.types.is_datetime64_any_dtype(column):
        return 'DateTime'
    texts = present.astype(str)
    if texts.str.match(r'^\s*\d{4}-\d{1,2}-\d{1,2}|^\s*\d{1,2}/\d{1,2}/\d{2,4}').mean() > 0.95 and to_dates(texts).notna().mean() > 0.95:
        return 'DateTime'
    if texts.str.split().str.len().mean() > 3 and texts.nunique() > 0.5 * len(texts):
        return 'Text'
    # A different text in nearly every row is a name or a key: nothing to learn from.
    return 'Ignore' if texts.nunique() > max(20, 0.9 * len(texts)) else 'Categorical'


def purposes(frame, featurization):
    """{column: purpose} for the columns of ``frame``. Raises Problem."""
    asked = featurization['columnTypes']
    missing = [column for column in asked if column not in frame.columns]
    if missing:
        raise Problem("featurization.columnNameAndTypes names '%s', which is no feature column." % missing[0])
    if featurization['mode'] == 'off':
        wrong = [c for c in frame.columns if not (pandas.api.types.is_numeric_dtype(frame[c]) or pandas.api.types.is_bool_dtype(frame[c]))]
        if wrong:
            raise Problem("featurization is off, but column '%s' holds no numbers; use mode auto or drop it." % wrong[0])
        return {column: 'Numeric' for column in frame.columns}
    blocked = {FLAT_BLOCKED.get(name.replace('_', '').lower()) for name in featurization['blocked']}
    found = {column: asked.get(column) or purpose_of(frame[column], len(frame)) for column in frame.columns}
    return {column: 'Ignore' if purpose == 'Text' and 'TfIdf' in blocked else purpose for column, purpose in found.items()}


def build(found, frame, task, algorithm):
    """The ColumnTransformer for columns of these purposes. Raises Problem when nothing is left."""
    featurization = task['featurization']
    by = {}
    for column, purpose in found.items():
        by.setdefault(purpose, []).append(column)
    blocked = {FLAT_BLOCKED.get(name.replace('_', '').lower()) for name in featurization['blocked']}
    numeric, steps = by.get('Numeric', []), []
    asked = {field: entry for entry in featurization['imputers'] for field in entry['fields']}
    for field in asked:
        if field not in found:
            raise Problem("featurization.transformerParams.Imputer names '%s', which is no feature column." % field)
    plain = [column for column in numeric if column not in asked]
    if plain:
        steps.append(('numbers', _imputer('mean', None), plain))
    for column in numeric:
        if column in asked:
            steps.append(('number_%s' % column, _imputer(asked[column]['strategy'], asked[column].get('fillValue')), [column]))
    steps += _category_steps(by.get('Categorical', []), frame, 'OneHotEncoder' in blocked, algorithm)
    if by.get('DateTime'):
        steps.append(('dates', Pipeline([('parts', DateParts()), ('impute', SimpleImputer())]), by['DateTime']))
    for column in by.get('Text', []):
        words = TfidfVectorizer(max_features=2000, sublinear_tf=True)
        steps.append(('text_%s' % column, Pipeline([('join', JoinText()), ('words', words), ('topics', _Topics())]), [column]))
    if not steps:
        raise Problem('No column is left to learn from: all others are constant, empty, or different in every row.')
    return ColumnTransformer(steps, sparse_threshold=0.0, verbose_feature_names_out=True)


class _Topics(TruncatedSVD):
    """As many topics as there are words for, at most 30."""

    def __init__(self, n_components=30, random_state=0):
        super().__init__(n_components=n_components, random_state=random_state)

    def fit_transform(self, X, y=None):
        self.n_components = max(1, min(30, X.shape[1] - 1))
        return super().fit_transform(X, y)


def _imputer(strategy, fill_value):
    options = {'fill_value': fill_value} if strategy == 'constant' and fill_value is not None else {}
    return SimpleImputer(strategy=strategy, keep_empty_features=True, **options)


def _category_steps(columns, frame, no_one_hot, algorithm):
    many = [column for column in columns if no_one_hot or (algorithm in TREES and frame[column].nunique() > MANY_CATEGORIES)]
    few = [column for column in columns if column not in many]
    steps = []
    if few:
        encoder = OneHotEncoder(handle_unknown='infrequent_if_exist', max_categories=MANY_CATEGORIES, sparse_output=False)
        steps.append(('categories', Pipeline([('clean', CleanText()), ('encode', encoder)]), few))
    if many:
        encoder = OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1)
        steps.append(('codes', Pipeline([('clean', CleanText()), ('encode', encoder)]), many))
    return steps


def as_features(frame, columns):
    """The feature columns in types that survive scoring: whole numbers as floats, since a missing one would change their type."""
    features = frame[columns].copy()
    for column in columns:
        if pandas.api.types.is_bool_dtype(features[column]) or pandas.api.types.is_integer_dtype(features[column]):
            features[column] = features[column].astype('float64')
        elif isinstance(features[column].dtype, pandas.CategoricalDtype):
            features[column] = features[column].astype(object)
    return features
