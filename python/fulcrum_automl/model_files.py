"""The model as an MLflow model, and what Azure's AutoML leaves beside it."""

import importlib.metadata
import os
import pickle
import shutil
import sys

from . import columns

PACKAGES = ('scikit-learn', 'lightgbm', 'numpy', 'pandas', 'scipy', 'mlflow-skinny')


def write(outcome, task):
    """``modelDirectory`` and ``outputs/``: mlflow-model, model.pkl, conda_env_v_1_0_0.yml."""
    import mlflow.sklearn
    from mlflow.models import infer_signature
    sample = example_of(outcome)
    signature = infer_signature(sample, outcome.model.predict(sample))
    own = os.path.dirname(os.path.abspath(__file__))
    target = os.path.join('outputs', 'mlflow-model')
    shutil.rmtree(target, ignore_errors=True)
    mlflow.sklearn.save_model(outcome.model, target, signature=signature, input_example=sample.head(2), code_paths=[own],
                              pip_requirements=requirements(), pyfunc_predict_fn='predict')
    shutil.rmtree(os.path.join(target, 'code', 'fulcrum_automl', '__pycache__'), ignore_errors=True)
    shutil.copytree(target, task['modelDirectory'], dirs_exist_ok=True)
    with open(os.path.join('outputs', 'model.pkl'), 'wb') as stream:
        pickle.dump(outcome.model, stream, protocol=4)
    with open(os.path.join('outputs', 'conda_env_v_1_0_0.yml'), 'w', encoding='utf-8') as stream:
        lines = ['name: automl', 'channels:', '- conda-forge', 'dependencies:', '- python=%d.%d' % sys.version_info[:2], '- pip', '- pip:']
        stream.write('\n'.join(lines + ['  - %s' % line for line in requirements()]) + '\n')


def requirements():
    """What the model needs, as it is here."""
    found = []
    for name in PACKAGES:
        try:
            found.append('%s==%s' % (name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def example_of(outcome):
    """A few rows as the model takes them."""
    if hasattr(outcome.table, 'example'):
        return outcome.table.example()
    return columns.as_features(outcome.table.features, outcome.table.used).head(5)
