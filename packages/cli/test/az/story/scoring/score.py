import json
import os


def init():
    global offset
    with open(os.path.join(os.environ['AZUREML_MODEL_DIR'], 'model', 'offset.txt')) as stream:
        offset = int(os.environ.get('OFFSET', stream.read()))
    print('offset', offset)


def run(raw_data):
    return {'total': offset + sum(json.loads(raw_data)['numbers'])}
