"""Step 2: trains the classifier, saves it as an MLflow model with signature and example, and exports it to ONNX.

The served function is ``predict_proba``: one row gives the probability of being on time and of being late.
"""

import argparse
import os
import time

import mlflow
import mlflow.sklearn
import numpy
import onnx
import pandas
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema
from onnx.reference import ReferenceEvaluator
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from features import CATEGORICAL, FEATURES, NUMERIC, TARGET, typed

ONNX_SAMPLE_ROWS = 200
ONNX_TOLERANCE = 1e-4
REQUIREMENTS = ['mlflow-skinny', 'scikit-learn', 'pandas', 'numpy', 'cloudpickle']


def build(options):
    """The untrained pipeline."""
    columns = ColumnTransformer([
        ('numeric', StandardScaler(), NUMERIC),
        ('categorical', OneHotEncoder(handle_unknown='ignore', min_frequency=200, sparse_output=False), CATEGORICAL)])
    return Pipeline([('columns', columns), ('classifier', GradientBoostingClassifier(
        n_estimators=options.trees, max_depth=options.depth, learning_rate=options.learning_rate,
        subsample=0.5, max_features='sqrt', random_state=options.seed))])


def signature():
    """Column types of inputs and outputs."""
    return ModelSignature(
        inputs=Schema([ColSpec('double', name) for name in NUMERIC] + [ColSpec('string', name) for name in CATEGORICAL]),
        outputs=Schema([ColSpec('double', 'probability_on_time'), ColSpec('double', 'probability_late')]))


def export_onnx(model, sample, path):
    """Write the ONNX file and return the largest difference to scikit-learn's probabilities on the sample."""
    types = [(name, FloatTensorType([None, 1])) for name in NUMERIC] + [(name, StringTensorType([None, 1])) for name in CATEGORICAL]
    converted = to_onnx(model, initial_types=types, options={id(model): {'zipmap': False}}, target_opset={'': 18, 'ai.onnx.ml': 3})
    onnx.save(converted, path)
    feed = {name: sample[[name]].to_numpy(numpy.float32) for name in NUMERIC}
    feed.update({name: sample[[name]].to_numpy(str) for name in CATEGORICAL})
    got = ReferenceEvaluator(converted).run(None, feed)[1]
    return float(numpy.abs(got - model.predict_proba(sample)).max())


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--prepared', required=True)
    parser.add_argument('--model', required=True)
    parser.add_argument('--trees', type=int, default=120)
    parser.add_argument('--depth', type=int, default=5)
    parser.add_argument('--learning-rate', type=float, default=0.1)
    parser.add_argument('--seed', type=int, default=7)
    options = parser.parse_args()
    table = pandas.read_csv(os.path.join(options.prepared, 'train.csv'), keep_default_na=False)
    features = typed(table)
    with mlflow.start_run():
        mlflow.log_params({name: getattr(options, name) for name in ('trees', 'depth', 'learning_rate', 'seed')})
        started = time.time()
        model = build(options).fit(features, table[TARGET])
        mlflow.log_metrics({'training_seconds': time.time() - started, 'training_rows': len(table)})
        for step, loss in enumerate(model['classifier'].train_score_):
            if step % 10 == 9:
                mlflow.log_metric('training_loss', float(loss), step=step + 1)
        example, sample = features.head(2), features.sample(ONNX_SAMPLE_ROWS, random_state=options.seed)
        settings = {'signature': signature(), 'input_example': example, 'pip_requirements': REQUIREMENTS,
                    'pyfunc_predict_fn': 'predict_proba', 'serialization_format': 'cloudpickle'}
        mlflow.sklearn.log_model(model, name='model', **settings)
        mlflow.sklearn.save_model(model, options.model, **settings)
        os.makedirs('outputs', exist_ok=True)
        path = os.path.join('outputs', 'model.onnx')
        difference = export_onnx(model, sample, path)
        mlflow.log_metric('onnx_largest_difference', difference)
        if difference > ONNX_TOLERANCE:
            raise SystemExit('the ONNX export differs from scikit-learn by %g, more than %g' % (difference, ONNX_TOLERANCE))
        mlflow.log_artifact(path, 'onnx')
        print('trained on %d rows in %.1f s; ONNX differs by %.2g; features: %s'
              % (len(table), time.time() - started, difference, ', '.join(FEATURES)))


if __name__ == '__main__':
    main()
