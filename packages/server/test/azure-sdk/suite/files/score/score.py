import json
import os


def init():
    global factor
    path = os.path.join(os.environ['AZUREML_MODEL_DIR'], 'factor.txt')
    factor = float(open(path).read())


def run(raw_data):
    return [value * factor for value in json.loads(raw_data)['data']]
