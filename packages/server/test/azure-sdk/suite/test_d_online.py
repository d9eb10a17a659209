import json
import tempfile
import pathlib

from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model

from support import ENVIRONMENT, FILES, SdkCase, unique


class OnlineEndpoints(SdkCase):
    def test_an_endpoint_is_created_deployed_invoked_switched_and_deleted(self):
        client, name = self.client, unique('oep')
        endpoint = ManagedOnlineEndpoint(name=name, auth_mode='key', description='by the SDK')
        created = client.online_endpoints.begin_create_or_update(endpoint).result()
        self.assertEqual(created.provisioning_state, 'Succeeded')
        for color in ('blue', 'green'):
            deployment = ManagedOnlineDeployment(
                name=color, endpoint_name=name, model=Model(path=str(FILES / 'factor.txt')), environment=ENVIRONMENT,
                code_configuration=CodeConfiguration(code=str(FILES / 'score'), scoring_script='score.py'),
                instance_type='small', instance_count=1)
            made = client.online_deployments.begin_create_or_update(deployment).result()
            self.assertEqual(made.provisioning_state, 'Succeeded')
        endpoint.traffic = {'blue': 90, 'green': 10}
        client.online_endpoints.begin_create_or_update(endpoint).result()
        self.assertEqual(client.online_endpoints.get(name).traffic, {'blue': 90, 'green': 10})
        with tempfile.TemporaryDirectory() as directory:
            request = pathlib.Path(directory, 'request.json')
            request.write_text('{"data": [1, 2]}')
            self.assertEqual(json.loads(client.online_endpoints.invoke(name, request_file=str(request))), [3.0, 6.0])
            pinned = client.online_endpoints.invoke(name, request_file=str(request), deployment_name='green')
            self.assertEqual(json.loads(pinned), [3.0, 6.0])
        self.assertTrue(client.online_endpoints.get_keys(name).primary_key)
        self.assertIsInstance(client.online_deployments.get_logs(name='blue', endpoint_name=name, lines=20), str)
        self.assertEqual({each.name for each in client.online_deployments.list(name)}, {'blue', 'green'})
        client.online_endpoints.begin_delete(name).result()
        self.assertNotIn(name, [each.name for each in client.online_endpoints.list()])
