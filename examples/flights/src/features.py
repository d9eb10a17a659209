"""The columns of the flights model: what is known shortly before departure. The month itself is left out on purpose:
the model must meet a new season through the weather, which is what the data-drift monitor then sees."""

NUMERIC = ['hour', 'weekday', 'distance', 'sched_dep_minutes', 'temp', 'humid', 'wind_speed', 'precip', 'pressure', 'visib']
CATEGORICAL = ['carrier', 'origin', 'dest']
FEATURES = NUMERIC + CATEGORICAL
TARGET = 'late'
GROUP = 'carrier'


def typed(table):
    """The features in their order: numbers as float64 (a missing value can then be told), text as str."""
    features = table[FEATURES].copy()
    features[NUMERIC] = features[NUMERIC].astype('float64')
    features[CATEGORICAL] = features[CATEGORICAL].astype(str)
    return features
