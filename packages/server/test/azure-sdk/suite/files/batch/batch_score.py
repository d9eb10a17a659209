import os
import pathlib


def init():
    global factor
    factor = float(open(os.path.join(os.environ['AZUREML_MODEL_DIR'], 'factor.txt')).read())


def run(mini_batch):
    rows = []
    for file in mini_batch:
        total = sum(float(line) for line in pathlib.Path(file).read_text().split())
        rows.append('%s %g' % (pathlib.Path(file).name, total * factor))
    return rows
