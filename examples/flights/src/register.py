"""Step 4: registers the model when its test metrics reach the bar; a model below it fails the pipeline and is not registered."""

import argparse
import json
import os

import mlflow
import mlflow.sklearn
from mlflow.models import Model


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--model', required=True)
    parser.add_argument('--evaluation', required=True)
    parser.add_argument('--model-name', default='flight-delay')
    parser.add_argument('--smallest-auc', type=float, default=0.6)
    parser.add_argument('--registration', required=True)
    options = parser.parse_args()
    with open(os.path.join(options.evaluation, 'evaluation.json'), encoding='utf-8') as stream:
        evidence = json.load(stream)
    area = evidence['metrics']['auc']
    if area < options.smallest_auc:
        raise SystemExit('not registered: auc %.4f is below the bar of %.4f' % (area, options.smallest_auc))
    with mlflow.start_run() as run:
        mlflow.log_metrics({'auc': area, 'accuracy': evidence['metrics']['accuracy'], 'f1': evidence['metrics']['f1']})
        mlflow.log_artifacts(options.model, 'model')
        mlflow.log_dict(evidence, 'evaluation.json')
        version = mlflow.register_model('runs:/%s/model' % run.info.run_id, options.model_name,
                                        tags={'auc': str(area), 'threshold': str(evidence['threshold'])})
    inputs = Model.load(options.model).get_input_schema().input_names()
    os.makedirs(options.registration, exist_ok=True)
    with open(os.path.join(options.registration, 'registration.json'), 'w', encoding='utf-8') as stream:
        json.dump({'name': version.name, 'version': str(version.version), 'runId': run.info.run_id, 'inputs': inputs,
                   'metrics': evidence['metrics']}, stream, indent=2)
    print('registered %s version %s (auc %.4f)' % (version.name, version.version, area))


if __name__ == '__main__':
    main()
