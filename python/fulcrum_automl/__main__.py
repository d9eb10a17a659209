"""``python -m fulcrum_automl <task.json>``: one trial. Exit status 0 done, 1 failed; the last line then says why."""

import json
import os
import sys
import time
import traceback
import warnings

from .problem import Problem


def main(path):
    with open(path, encoding='utf-8') as stream:
        task = json.load(stream)
    # Estimators warn about what a search tries on purpose.
    warnings.simplefilter('ignore')
    os.environ.setdefault('PYTHONWARNINGS', 'ignore')
    os.makedirs('outputs', exist_ok=True)
    run(task)


def run(task):
    from . import ensemble, explain, model_files, outcome
    since = time.monotonic()
    module = _module(task)
    print('AutoML %s: %s %s' % (task['task'], task['role'], json.dumps(task['parameters'])), flush=True)
    if task['role'] == 'explain':
        table = module.Table(task)
        found = explain.importances(task, table)
        os.makedirs(os.path.join('outputs', 'explanation'), exist_ok=True)
        with open(os.path.join('outputs', 'explanation', 'feature_importances.json'), 'w', encoding='utf-8') as stream:
            json.dump(found, stream, indent=1)
        report({'feature_importance.%s' % _key(entry['name']): entry['importance'] for entry in found['features']}, {})
        return
    done = ensemble.build(task, module.Table(task)) if task['role'] == 'ensemble' else module.search(task)
    if task['metric'] not in done.metrics:
        raise Problem('%s cannot be computed for these validation rows.' % task['metric'])
    model_files.write(done, task)
    outcome.save(done, task)
    # Last, since the search goes by it: a trial counts once everything of it is there.
    report(done.metrics, done.tags)
    print('%s = %.6g after %.1f s' % (task['metric'], done.metrics[task['metric']], time.monotonic() - since), flush=True)


def _module(task):
    if task['task'] == 'forecasting':
        from . import forecasting
        return forecasting
    from . import tabular
    return tabular


def report(metrics, tags):
    """To the run of the trial."""
    import mlflow
    from mlflow.entities import Metric, RunTag
    now = int(time.time() * 1000)
    entries = [Metric(name, float(value), now, 0) for name, value in metrics.items() if value == value]
    client = mlflow.MlflowClient()
    for start in range(0, max(1, len(entries)), 500):
        client.log_batch(os.environ['MLFLOW_RUN_ID'], metrics=entries[start:start + 500],
                         tags=[RunTag(name, value[:4000]) for name, value in tags.items()] if start == 0 else [])


def _key(name):
    """A metric's name takes few signs."""
    return ''.join(sign if sign.isalnum() or sign in '_-. ' else '_' for sign in name)[:200]


if __name__ == '__main__':
    try:
        main(sys.argv[1])
    except Problem as problem:
        print('AutoML: %s' % problem, file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        traceback.print_exc()
        print('AutoML: the trial failed: %s: %s' % (type(error).__name__, error), file=sys.stderr)
        sys.exit(1)
