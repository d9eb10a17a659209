"""What the unmodified SDK's entities dump for the resources of a workspace, as JSON on standard output.

Usage: sdk_entities.py URL TOKEN SUBSCRIPTION GROUP WORKSPACE [attribute | attribute:list:NAME | attribute:get:NAME[:VERSION]] ...
Requests go to URL over http: the transport rewrites the address, since azure-core insists on https for tokens.
"""
import json
import logging
import os
import sys
import time
import warnings

warnings.filterwarnings('ignore')
logging.disable(logging.CRITICAL)
os.environ['AZUREML_DEV_URL_MFE'] = 'https://fulcrum.invalid'

from azure.ai.ml import MLClient  # noqa: E402
from azure.core.credentials import AccessToken  # noqa: E402
from azure.core.pipeline.transport import RequestsTransport  # noqa: E402

url, token, subscription, group, workspace = sys.argv[1:6]


class Credential:
    def get_token(self, *_scopes, **_options):
        return AccessToken(token, int(time.time()) + 3600)


class Transport(RequestsTransport):
    def send(self, request, **options):
        for address in ('https://fulcrum.invalid', 'https://management.azure.com'):
            request.url = request.url.replace(address, url)
        return super().send(request, **options)


def dump(entity):
    # The command line prints command jobs as jobs, not as the steps that the SDK makes of them.
    entity = entity._to_job() if type(entity).__name__ == 'Command' else entity
    return entity._to_dict()


def read(client, wanted):
    attribute, verb, *names = (wanted + ':list').split(':')[:3] if ':' not in wanted else wanted.split(':')
    operations = getattr(client, attribute)
    names = [name for name in names if name != 'list']
    if verb == 'list':
        return [dump(entity) for entity in operations.list(*names)]
    return dump(operations.get(*names))


client = MLClient(Credential(), subscription, group, workspace, transport=Transport(), enable_telemetry=False)
print(json.dumps({wanted: read(client, wanted) for wanted in sys.argv[6:]}, default=str))
