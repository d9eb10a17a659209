"""Step 3: measures the model on the test rows, overall and per carrier, and writes the evidence for the gates."""

import argparse
import json
import os

import mlflow
import mlflow.sklearn
import pandas
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score, roc_auc_score, roc_curve

from evidence import check, write
from features import GROUP, TARGET, typed

SMALLEST_GROUP = 100
CURVE_POINTS = 100
GATE = 'gate-1'


def threshold_for(probability, share):
    """The probability above which the given share of flights is called late."""
    return float(pandas.Series(probability).quantile(1 - share))


def metrics(truth, probability, threshold):
    """auc, accuracy, f1, brier and rates; auc only where both classes occur."""
    predicted = (probability > threshold).astype(int)
    result = {'accuracy': accuracy_score(truth, predicted), 'f1': f1_score(truth, predicted, zero_division=0),
              'brier': brier_score_loss(truth, probability), 'late_share': truth.mean(), 'predicted_late_share': predicted.mean()}
    if truth.nunique() == 2:
        result['auc'] = roc_auc_score(truth, probability)
    return {name: round(float(value), 5) for name, value in result.items()}


def by_group(table, probability, threshold):
    """Metrics of every carrier with enough flights, and how far the groups lie apart."""
    groups = {}
    for name, rows in table.groupby(GROUP):
        if len(rows) >= SMALLEST_GROUP:
            groups[name] = dict(metrics(rows[TARGET], probability[rows.index], threshold), rows=len(rows))
    areas = [group['auc'] for group in groups.values() if 'auc' in group]
    return {'attribute': GROUP, 'groups': groups, 'smallestAuc': min(areas, default=None), 'largestAuc': max(areas, default=None),
            'aucGap': round(max(areas) - min(areas), 5) if areas else None}


def write_evidence(folder, overall, fairness):
    """What the lead data scientist decides gate 1 on."""
    area, gap = overall.get('auc'), fairness['aucGap']
    write(folder, GATE, 'metrics', 'AUC %s, accuracy %s' % (area, overall['accuracy']),
          [check('auc', area, at_least=0.6), check('accuracy', overall['accuracy'], at_least=0.6)], overall)
    write(folder, GATE, 'fairness', 'AUC differs by %s between %d carriers' % (gap, len(fairness['groups'])),
          [check('gap in auc', gap, at_most=0.25)], fairness)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--prepared', required=True)
    parser.add_argument('--model', required=True)
    parser.add_argument('--evidence', required=True)
    parser.add_argument('--evaluation', required=True)
    options = parser.parse_args()
    table = pandas.read_csv(os.path.join(options.prepared, 'test.csv'), keep_default_na=False)
    model = mlflow.sklearn.load_model(options.model)
    probability = pandas.Series(model.predict_proba(typed(table))[:, 1], index=table.index)
    threshold = threshold_for(probability, table[TARGET].mean())
    overall, fairness = metrics(table[TARGET], probability, threshold), by_group(table, probability, threshold)
    false_rate, true_rate, _ = roc_curve(table[TARGET], probability)
    step = max(1, len(false_rate) // CURVE_POINTS)
    evidence = {'rows': len(table), 'threshold': threshold, 'metrics': overall, 'fairness': fairness}
    os.makedirs(options.evaluation, exist_ok=True)
    with open(os.path.join(options.evaluation, 'evaluation.json'), 'w', encoding='utf-8') as stream:
        json.dump(evidence, stream, indent=2)
    write_evidence(options.evidence, overall, fairness)
    with mlflow.start_run():
        mlflow.log_metrics(dict(overall, threshold=threshold, fairness_auc_gap=fairness['aucGap'] or 0.0))
        mlflow.log_dict(evidence, 'evaluation.json')
        mlflow.log_dict(fairness, 'fairness.json')
        mlflow.log_dict({'falsePositiveRate': false_rate[::step].tolist(), 'truePositiveRate': true_rate[::step].tolist()}, 'roc-curve.json')
    print(json.dumps(overall))


if __name__ == '__main__':
    main()
