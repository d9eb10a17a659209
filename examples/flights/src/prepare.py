"""Step 1: reads the month files, checks them, and splits each day's flights into training and test rows.

The split is by a hash of the flight's date, so it is the same in every run and no day is on both sides.
"""

import argparse
import json
import os
import zlib

import mlflow
import pandas

from features import CATEGORICAL, FEATURES, NUMERIC, TARGET


def read_months(folder, months):
    """The rows of the wanted months ('1,2,3'); every CSV in the folder when ``months`` is 'all'."""
    names = sorted(name for name in os.listdir(folder) if name.endswith('.csv'))
    if months != 'all':
        wanted = {'%02d' % int(month) for month in months.split(',')}
        missing = wanted - {name[-6:-4] for name in names}
        if missing:
            raise SystemExit('no file for month %s in %s; found: %s' % (', '.join(sorted(missing)), folder, ', '.join(names) or 'none'))
        names = [name for name in names if name[-6:-4] in wanted]
    return pandas.concat([pandas.read_csv(os.path.join(folder, name)) for name in names], ignore_index=True)


def quality(table):
    """Data-quality figures: rows, duplicates, share of missing values per feature."""
    return {'rows': len(table), 'duplicateIds': int(table['flight_id'].duplicated().sum()),
            'lateShare': round(float(table[TARGET].mean()), 4),
            'nullShare': {name: round(float(table[name].isna().mean()), 5) for name in FEATURES}}


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--flights', required=True)
    parser.add_argument('--months', default='all')
    parser.add_argument('--test-share', type=float, default=0.2)
    parser.add_argument('--prepared', required=True)
    options = parser.parse_args()
    table = read_months(options.flights, str(options.months))
    unknown = [name for name in FEATURES + [TARGET] if name not in table]
    if unknown:
        raise SystemExit('columns missing from the data: %s' % ', '.join(unknown))
    table[CATEGORICAL] = table[CATEGORICAL].fillna('unknown')
    figures = quality(table)
    medians = {name: float(table[name].median()) for name in NUMERIC}
    table[NUMERIC] = table[NUMERIC].fillna(medians)
    day = table['month'].astype(str) + '-' + table['day'].astype(str)
    is_test = day.map({d: zlib.crc32(d.encode()) % 1000 < 1000 * options.test_share for d in day.unique()})
    os.makedirs(options.prepared, exist_ok=True)
    table[~is_test].to_csv(os.path.join(options.prepared, 'train.csv'), index=False)
    table[is_test].to_csv(os.path.join(options.prepared, 'test.csv'), index=False)
    with open(os.path.join(options.prepared, 'quality.json'), 'w', encoding='utf-8') as stream:
        json.dump(figures, stream, indent=2)
    with mlflow.start_run():
        mlflow.log_params({'months': options.months, 'test_share': options.test_share})
        mlflow.log_metrics({'rows': len(table), 'train_rows': int((~is_test).sum()), 'test_rows': int(is_test.sum()),
                            'late_share': figures['lateShare'], 'largest_null_share': max(figures['nullShare'].values())})
        mlflow.log_dict(figures, 'data-quality.json')
    print('%d rows for training, %d for the test' % ((~is_test).sum(), is_test.sum()))


if __name__ == '__main__':
    main()
