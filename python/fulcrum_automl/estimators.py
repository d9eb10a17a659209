"""Azure's names of algorithms as estimators, with the parameters that the search proposes."""

from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (ExtraTreesClassifier, ExtraTreesRegressor, GradientBoostingClassifier, GradientBoostingRegressor,
                              RandomForestClassifier, RandomForestRegressor)
from sklearn.linear_model import ElasticNet, LassoLars, LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import BernoulliNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from .problem import Problem

SCALERS = {'StandardScaler': StandardScaler, 'MaxAbsScaler': MaxAbsScaler, 'MinMaxScaler': MinMaxScaler, 'RobustScaler': RobustScaler}
WHOLE = ('n_estimators', 'num_leaves', 'min_child_samples', 'max_depth', 'min_samples_leaf', 'n_neighbors', 'p')


def scaler_of(parameters, algorithm):
    """The scaler that the parameters name, or None. Counting needs values from 0 on."""
    name = 'MinMaxScaler' if algorithm == 'MultinomialNaiveBayes' else parameters.get('preprocessor')
    return None if name is None else SCALERS[name](**({'clip': True} if name == 'MinMaxScaler' else {}))


def own_parameters(parameters):
    return {name: int(value) if name in WHOLE else value for name, value in parameters.items() if name not in ('algorithm', 'preprocessor')}


def build(task, algorithm, parameters, cores, rows):
    """An estimator that is not fitted. Raises Problem for a name that nothing stands for."""
    values = own_parameters(parameters)
    maker = (_classifier if task == 'classification' else _regressor)(algorithm, values, cores, rows)
    if maker is None:
        raise Problem("There is no algorithm '%s' for %s." % (algorithm, task))
    return maker


def _classifier(algorithm, values, cores, rows):
    if algorithm == 'LinearSVM':
        return CalibratedClassifierCV(LinearSVC(random_state=0, dual='auto', **values), cv=3, ensemble=False)
    makers = {
        'LightGBM': lambda: LGBMClassifier(random_state=0, n_jobs=cores, verbose=-1, subsample_freq=1, **values),
        'LogisticRegression': lambda: LogisticRegression(max_iter=1000, **values),
        'RandomForest': lambda: RandomForestClassifier(random_state=0, n_jobs=cores, **values),
        'ExtremeRandomTrees': lambda: ExtraTreesClassifier(random_state=0, n_jobs=cores, **values),
        'GradientBoosting': lambda: GradientBoostingClassifier(random_state=0, **values),
        'SVM': lambda: SVC(random_state=0, probability=True, **values),
        'KNN': lambda: KNeighborsClassifier(n_jobs=cores, **_fewer(values, rows)),
        'SGD': lambda: SGDClassifier(random_state=0, max_iter=2000, **values),
        'DecisionTree': lambda: DecisionTreeClassifier(random_state=0, **values),
        'BernoulliNaiveBayes': lambda: BernoulliNB(**values),
        'MultinomialNaiveBayes': lambda: MultinomialNB(**values),
    }
    return makers[algorithm]() if algorithm in makers else None


def _regressor(algorithm, values, cores, rows):
    makers = {
        'LightGBM': lambda: LGBMRegressor(random_state=0, n_jobs=cores, verbose=-1, subsample_freq=1, **values),
        'ElasticNet': lambda: ElasticNet(random_state=0, max_iter=5000, **values),
        'RandomForest': lambda: RandomForestRegressor(random_state=0, n_jobs=cores, **values),
        'ExtremeRandomTrees': lambda: ExtraTreesRegressor(random_state=0, n_jobs=cores, **values),
        'GradientBoosting': lambda: GradientBoostingRegressor(random_state=0, **values),
        'LassoLars': lambda: LassoLars(random_state=0, max_iter=1000, **values),
        'KNN': lambda: KNeighborsRegressor(n_jobs=cores, **_fewer(values, rows)),
        'SGD': lambda: SGDRegressor(random_state=0, max_iter=2000, **values),
        'DecisionTree': lambda: DecisionTreeRegressor(random_state=0, **values),
    }
    return makers[algorithm]() if algorithm in makers else None


def _fewer(values, rows):
    """No more neighbours than rows."""
    return {**values, 'n_neighbors': max(1, min(values.get('n_neighbors', 5), rows // 2))}
