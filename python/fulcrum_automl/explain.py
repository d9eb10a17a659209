"""What the best model goes by: how much its score drops when a column is shuffled, on rows that the model has not seen."""

import numpy

from .outcome import Earlier

ROWS = 2000
REPEATS = 5
COLUMNS = 200


def importances(task, table):
    """{metric, baseline, rows, features: [{name, importance, deviation}]}, the most important first."""
    best = Earlier(task['members'][0])
    model = best.load('fold_model.pkl')
    rows = table.folds[0][1]
    chance = numpy.random.default_rng(0)
    if len(rows) > ROWS:
        rows = numpy.sort(chance.choice(rows, ROWS, replace=False))
    sign = 1 if task['goal'] == 'maximize' else -1
    original = table.features
    baseline = table.judge(rows, table.predict(model, rows))[task['metric']]
    features = []
    for column in table.explained[:COLUMNS] if hasattr(table, 'explained') else table.used[:COLUMNS]:
        drops = []
        for _ in range(REPEATS):
            changed = original.copy(deep=False)
            values = original[column].copy()
            values.iloc[rows] = values.iloc[chance.permutation(rows)].to_numpy()
            changed[column] = values
            table.features = changed
            drops.append(sign * (baseline - table.judge(rows, table.predict(model, rows))[task['metric']]))
        features.append({'name': str(column), 'importance': float(numpy.mean(drops)), 'deviation': float(numpy.std(drops))})
    table.features = original
    features.sort(key=lambda entry: -entry['importance'])
    return {'run': best.name, 'algorithm': best.algorithm, 'metric': task['metric'], 'baseline': float(baseline), 'rows': int(len(rows)),
            'repeats': REPEATS, 'features': features}
