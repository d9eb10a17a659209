"""Optuna's side of the sampler benchmark, and the objective that needs scikit-learn. One JSON request a line in, one answer a line out.

{"evaluate": [u…]}: the cross-validated error at a point of the tuning task's unit cube.
{"study": name, "seed": n, "trials": n}: the values of a study, in order, by Optuna's TPE with its default settings.
"""

import functools
import json
import math
import sys

import numpy
import optuna
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

HARTMANN_ALPHA = numpy.array([1.0, 1.2, 3.0, 3.2])
HARTMANN_A = numpy.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
HARTMANN_P = 1e-4 * numpy.array(
    [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]
)
COMPONENTS = [8, 16, 24, 32, 48]


def branin(x, y):
    """https://www.sfu.ca/~ssurjano/branin.html; minimum 0.397887"""
    b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
    return (y - b * x**2 + c * x - 6) ** 2 + 10 * (1 - t) * math.cos(x) + 10


def hartmann6(*x):
    """https://www.sfu.ca/~ssurjano/hart6.html; minimum -3.32237"""
    return -float(HARTMANN_ALPHA @ numpy.exp(-(HARTMANN_A * (numpy.array(x) - HARTMANN_P) ** 2).sum(axis=1)))


@functools.lru_cache(maxsize=None)
def support_vectors(c_exponent, gamma_exponent, components):
    """Error of a support vector classifier of handwritten digits, behind a projection to fewer dimensions."""
    images, digits = load_digits(return_X_y=True)
    model = make_pipeline(PCA(components, random_state=0), SVC(C=10**c_exponent, gamma=10**gamma_exponent))
    return 1 - float(cross_val_score(model, images[:400], digits[:400], cv=2).mean())


def uniform(trial, *bounds):
    return [trial.suggest_float('x%d' % number, low, high) for number, (low, high) in enumerate(bounds)]


OBJECTIVES = {
    'Branin': lambda trial: branin(*uniform(trial, (-5, 10), (0, 15))),
    'Hartmann-6': lambda trial: hartmann6(*uniform(trial, *[(0, 1)] * 6)),
    'digits': lambda trial: support_vectors(*uniform(trial, (-3, 4), (-7, 1)), trial.suggest_categorical('components', COMPONENTS)),
}


def study(name, seed, trials):
    made = optuna.create_study(direction='minimize', sampler=optuna.samplers.TPESampler(seed=seed))
    made.optimize(OBJECTIVES[name], n_trials=trials)
    return [trial.value for trial in made.trials]


def main():
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    functions = {'Branin': branin, 'Hartmann-6': hartmann6, 'digits': support_vectors}
    for line in sys.stdin:
        request = json.loads(line)
        if 'study' in request:
            answer = study(request['study'], request['seed'], request['trials'])
        elif 'evaluate' in request:
            answer = functions[request['evaluate']](*request['values'])
        else:
            answer = {'optuna': optuna.__version__}
        print(json.dumps(answer), flush=True)


if __name__ == '__main__':
    main()
