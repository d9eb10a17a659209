import json
import os
import threading
import unittest

import requests
from azure.ai.ml import MLClient
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import ClientSecretCredential, DeviceCodeCredential

from support import setting, unique

MANAGEMENT = 'https://management.azure.com/.default'


def call(method, path, body=None, token=None):
    answer = requests.request(method, os.environ['FULCRUM_URL'] + path, json=body, timeout=60,
                              headers={'authorization': f"Bearer {token or os.environ['FULCRUM_TOKEN']}"})
    answer.raise_for_status()
    return answer.json() if answer.text else None


def authority():
    return os.environ['REGISTRY_DISCOVERY_ENDPOINT_URL'].rstrip('/')


def tenant():
    return call('GET', '/tenants')['value'][0]['tenantId']


def claims(token):
    import base64
    body = token.split('.')[1]
    return json.loads(base64.urlsafe_b64decode(body + '=' * (-len(body) % 4)))


class ServicePrincipals(unittest.TestCase):
    def setUp(self):
        self.path = f"/subscriptions/{setting('SUBSCRIPTION')}/providers/Fulcrum.Identity/servicePrincipals/{unique('sp')}"
        self.principal = call('PUT', self.path, {'properties': {}})['properties']
        self.secret = call('POST', f'{self.path}/credentials', {'name': 'sdk'})
        self.credential = ClientSecretCredential(tenant(), self.principal['applicationId'], self.secret['token'],
                                                 authority=authority(), disable_instance_discovery=True)

    def test_a_secret_gives_tokens_for_what_is_asked(self):
        for resource in ('https://management.azure.com', 'https://ml.azure.com', authority()):
            token = claims(self.credential.get_token(f'{resource}/.default').token)
            self.assertEqual((token['aud'], token['oid']), (resource, self.principal['principalId']))

    def test_the_client_works_with_it_as_far_as_its_roles_go(self):
        client = MLClient(self.credential, setting('SUBSCRIPTION'), setting('GROUP'), setting('WORKSPACE'))
        self.assertEqual([], list(client.workspaces.list()))
        scope = f"/subscriptions/{setting('SUBSCRIPTION')}/resourceGroups/{setting('GROUP')}"
        reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
        assignment = '00000000-0000-4000-8000-' + self.principal['principalId'][-12:]
        call('PUT', f'{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment}', {'properties': {
            'roleDefinitionId': f"/subscriptions/{setting('SUBSCRIPTION')}/providers/Microsoft.Authorization/roleDefinitions/{reader}",
            'principalId': self.principal['principalId'], 'principalType': 'ServicePrincipal'}})
        self.assertIn(setting('WORKSPACE'), [each.name for each in client.workspaces.list()])
        token = self.credential.get_token(MANAGEMENT).token
        call('DELETE', f"{self.path}/credentials/{self.secret['id']}")
        with self.assertRaises(requests.HTTPError):
            call('GET', f'{scope}', token=token)
        with self.assertRaises(HttpResponseError):
            client.workspaces.get(setting('WORKSPACE'))

    def test_a_wrong_secret_is_refused(self):
        wrong = ClientSecretCredential(tenant(), self.principal['applicationId'], 'flc_sp_wrong',
                                       authority=authority(), disable_instance_discovery=True)
        with self.assertRaises(ClientAuthenticationError) as refused:
            wrong.get_token(MANAGEMENT)
        self.assertIn('AADSTS7000215', str(refused.exception))


class Devices(unittest.TestCase):
    def test_a_device_acts_as_who_approves_it(self):
        shown = threading.Event()
        codes = []

        def prompt(uri, user_code, _expires_on):
            codes.append((uri, user_code))
            shown.set()

        credential = DeviceCodeCredential(client_id='04b07795-8ddb-461a-bbee-02f9e1bf7b46', tenant_id=tenant(), authority=authority(),
                                          disable_instance_discovery=True, prompt_callback=prompt)

        def approve():
            shown.wait(60)
            call('POST', f'/auth/device/{codes[0][1]}', {'approve': True})

        approver = threading.Thread(target=approve)
        approver.start()
        token = credential.get_token(MANAGEMENT)
        approver.join()
        self.assertTrue(codes[0][0].endswith('/device'))
        self.assertEqual(claims(token.token)['name'], 'Administrator')
        self.assertEqual(claims(credential.get_token('https://ml.azure.com/.default').token)['aud'], 'https://ml.azure.com')
        self.assertEqual(call('GET', '/auth/me', token=token.token)['name'], 'admin')


if __name__ == '__main__':
    unittest.main()
