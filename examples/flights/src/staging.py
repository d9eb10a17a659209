"""The staging suite: what must hold before a model may go to production. Runs as a job in the test workspace.

Data quality of the arriving data, a smoke test and a load test of the deployed endpoint, metrics against the champion,
fairness by carrier. Each writes one piece of evidence; the gate's people and the server read it.
"""

import argparse
import concurrent.futures
import json
import os
import time
import urllib.error
import urllib.request

import mlflow
import mlflow.sklearn
import numpy
import pandas
from sklearn.metrics import roc_auc_score

from evidence import check, write
from features import CATEGORICAL, FEATURES, GROUP, NUMERIC, TARGET, typed
from prepare import read_months

GATE = 'gate-2'
SAMPLE_ROWS = 4000
SMALLEST_GROUP = 100


class Endpoint:
    """The deployed model, called over HTTP with its key, as an application would."""

    def __init__(self, name, deployment):
        base, _, workspace = os.environ['MLFLOW_TRACKING_URI'].partition('/mlflow/v1.0')
        self.address = '%s%s/onlineEndpoints/%s' % (base, workspace, name)
        self.token = os.environ['MLFLOW_TRACKING_TOKEN']
        self.uri = self.call('GET', self.address)['properties']['scoringUri']
        self.key = self.call('POST', self.address + '/listKeys')['primaryKey']
        self.deployment = deployment

    def call(self, method, url):
        """One call of the platform's API."""
        request = urllib.request.Request(url + '?api-version=2025-12-01', method=method, headers={'Authorization': 'Bearer ' + self.token})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def score(self, table):
        """Probability of being late for each row, and the seconds it took."""
        rows = json.loads(table[FEATURES].to_json(orient='split'))
        body = json.dumps({'input_data': {'columns': rows['columns'], 'index': rows['index'], 'data': rows['data']}}).encode()
        headers = {'Authorization': 'Bearer ' + self.key, 'Content-Type': 'application/json', 'azureml-model-deployment': self.deployment}
        started = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(self.uri, body, headers), timeout=30) as response:
            answer = json.load(response)
        return numpy.array(answer, dtype=float)[:, -1], time.perf_counter() - started


def data_quality(table, folder):
    """Rows, duplicates, missing values, label share of the arriving data."""
    nulls = {name: round(float(table[name].isna().mean()), 5) for name in FEATURES}
    checks = [check('rows', len(table), at_least=1000), check('duplicate ids', int(table['flight_id'].duplicated().sum()), at_most=0),
              check('largest share of missing values', max(nulls.values()), at_most=0.2),
              check('share of late flights', round(float(table[TARGET].mean()), 4), at_most=0.6)]
    write(folder, GATE, 'data-quality', '%d rows, at most %.1f %% missing in a column' % (len(table), 100 * max(nulls.values())), checks, {'nullShare': nulls})


def smoke_test(endpoint, table, model, folder):
    """The endpoint must answer what the registered model says."""
    sample = table.head(50)
    answered, seconds = endpoint.score(sample)
    expected = model.predict_proba(typed(sample))[:, 1]
    difference = float(numpy.abs(answered - expected).max())
    checks = [check('rows answered', len(answered), at_least=len(sample)), check('largest difference to the model', round(difference, 9), at_most=1e-6)]
    write(folder, GATE, 'endpoint-smoke', '%d rows in %.0f ms, as the model says' % (len(answered), 1000 * seconds), checks)


def load_test(endpoint, table, options, folder):
    """Several clients at once for a few seconds; latency and failures."""
    deadline = time.monotonic() + options.load_seconds
    batches = [table.iloc[start:start + 5] for start in range(0, min(len(table), 1000), 5)]

    def client(number):
        latencies, failures = [], 0
        for index in range(number, 10 ** 9, options.load_clients):
            if time.monotonic() > deadline:
                return latencies, failures
            try:
                latencies.append(endpoint.score(batches[index % len(batches)])[1])
            except (urllib.error.URLError, OSError):
                failures += 1
        return latencies, failures

    with concurrent.futures.ThreadPoolExecutor(options.load_clients) as pool:
        results = list(pool.map(client, range(options.load_clients)))
    latencies = numpy.array([value for part, _ in results for value in part]) * 1000
    failures = sum(part for _, part in results)
    requests = len(latencies) + failures
    p99 = round(float(numpy.percentile(latencies, 99)), 1) if len(latencies) else None
    checks = [check('requests', requests, at_least=20), check('p99 latency in ms', p99, at_most=options.largest_p99_ms),
              check('share of failures', failures / max(requests, 1), at_most=0.0)]
    figures = {'requests': requests, 'p50Ms': round(float(numpy.median(latencies)), 1) if len(latencies) else None, 'p99Ms': p99,
               'requestsPerSecond': round(requests / options.load_seconds, 1), 'clients': options.load_clients}
    write(folder, GATE, 'endpoint-load', '%d requests, p99 %s ms' % (requests, p99), checks, figures)


def score_all(endpoint, table):
    """Probabilities of all rows, in batches."""
    return numpy.concatenate([endpoint.score(table.iloc[start:start + 500])[0] for start in range(0, len(table), 500)])


def champion_comparison(table, probability, options, folder):
    """Area under the curve against the model that is in production now."""
    area = float(roc_auc_score(table[TARGET], probability))
    if not options.champion:
        write(folder, GATE, 'champion-comparison', 'AUC %.4f; no champion yet' % area, [check('auc', round(area, 5), at_least=0.6)], {'auc': area})
        return
    champion = mlflow.sklearn.load_model(options.champion)
    before = float(roc_auc_score(table[TARGET], champion.predict_proba(typed(table))[:, 1]))
    checks = [check('auc minus champion', round(area - before, 5), at_least=-0.01)]
    write(folder, GATE, 'champion-comparison', 'AUC %.4f against %.4f of the champion' % (area, before), checks, {'auc': area, 'championAuc': before})


def fairness(table, probability, folder):
    """The model must not serve one carrier much worse than another."""
    areas = {}
    for name, rows in table.assign(probability=probability).groupby(GROUP):
        if len(rows) >= SMALLEST_GROUP and rows[TARGET].nunique() == 2:
            areas[name] = round(float(roc_auc_score(rows[TARGET], rows['probability'])), 4)
    gap = round(max(areas.values()) - min(areas.values()), 4) if areas else None
    write(folder, GATE, 'fairness', 'AUC differs by %s between %d carriers' % (gap, len(areas)), [check('gap in auc', gap, at_most=0.25)], {'aucByCarrier': areas})


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--flights', required=True)
    parser.add_argument('--months', required=True)
    parser.add_argument('--model', required=True)
    parser.add_argument('--champion', default='')
    parser.add_argument('--endpoint', required=True)
    parser.add_argument('--deployment', required=True)
    parser.add_argument('--load-seconds', type=float, default=5)
    parser.add_argument('--load-clients', type=int, default=2)
    parser.add_argument('--largest-p99-ms', type=float, default=1000)
    parser.add_argument('--evidence', required=True)
    options = parser.parse_args()
    table = read_months(options.flights, str(options.months))
    data_quality(table, options.evidence)
    table[CATEGORICAL] = table[CATEGORICAL].fillna('unknown')
    table[NUMERIC] = table[NUMERIC].fillna({name: float(table[name].median()) for name in NUMERIC})
    sample = table.sample(min(SAMPLE_ROWS, len(table)), random_state=7).reset_index(drop=True)
    endpoint = Endpoint(options.endpoint, options.deployment)
    smoke_test(endpoint, sample, mlflow.sklearn.load_model(options.model), options.evidence)
    load_test(endpoint, sample, options, options.evidence)
    probability = score_all(endpoint, sample)
    champion_comparison(sample, probability, options, options.evidence)
    fairness(sample, probability, options.evidence)
    with mlflow.start_run():
        mlflow.log_metric('auc', float(roc_auc_score(sample[TARGET], probability)))
        mlflow.log_artifacts(options.evidence, 'evidence')


if __name__ == '__main__':
    main()
