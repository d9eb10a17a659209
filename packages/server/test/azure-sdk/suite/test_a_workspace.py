import unittest

from azure.ai.ml.entities import AmlCompute, AzureBlobDatastore, Environment, SasTokenConfiguration, Workspace

from support import COMPUTE, SdkCase, connect, setting, since, unique


class Workspaces(SdkCase):
    def test_the_workspace_is_found_and_listed(self):
        found = self.client.workspaces.get(setting('WORKSPACE'))
        self.assertEqual(found.name, setting('WORKSPACE'))
        self.assertTrue(found.discovery_url.startswith('https://'))
        self.assertTrue(found.mlflow_tracking_uri)
        self.assertIn(found.name, [each.name for each in self.client.workspaces.list()])

    def test_a_workspace_is_updated(self):
        changed = Workspace(name=setting('WORKSPACE'), description='by the SDK', tags={'team': 'sdk'})
        result = self.client.workspaces.begin_update(changed).result()
        self.assertEqual(result.description, 'by the SDK')
        self.assertEqual(self.client.workspaces.get(setting('WORKSPACE')).tags.get('team'), 'sdk')

    @since((1, 5))
    def test_a_new_workspace_is_created_by_its_template_and_deleted(self):
        name = unique('mlw')
        created = self.client.workspaces.begin_create(Workspace(name=name, location='local', display_name='New')).result()
        self.assertEqual(created.name, name)
        self.assertIsNotNone(connect(workspace_name=name).datastores.get_default())
        self.client.workspaces.begin_delete(name, delete_dependent_resources=False).result()
        self.assertNotIn(name, [each.name for each in self.client.workspaces.list()])


class Computes(SdkCase):
    def test_a_cluster_is_created_listed_updated_and_deleted(self):
        name = unique('c')
        cluster = AmlCompute(name=name, size='small', min_instances=0, max_instances=2, idle_time_before_scale_down=120)
        created = self.client.compute.begin_create_or_update(cluster).result()
        self.assertEqual((created.type.lower(), created.max_instances), ('amlcompute', 2))
        self.assertIn(name, [each.name for each in self.client.compute.list()])
        created.max_instances = 3
        self.client.compute.begin_update(created).result()
        self.assertEqual(self.client.compute.get(name).max_instances, 3)
        self.client.compute.begin_delete(name).result()
        self.assertNotIn(name, [each.name for each in self.client.compute.list()])

    def test_the_cluster_of_the_jobs_exists(self):
        cluster = AmlCompute(name=COMPUTE, size='small', min_instances=0, max_instances=4)
        self.assertEqual(self.client.compute.begin_create_or_update(cluster).result().provisioning_state, 'Succeeded')


class Environments(SdkCase):
    def test_an_environment_is_versioned_and_listed(self):
        made = self.client.environments.create_or_update(Environment(
            name='sdk-base', image='python:3.11', conda_file={'name': 'base', 'dependencies': ['python=3.11', 'pip']}))
        self.assertTrue(made.version)
        self.assertEqual(self.client.environments.get('sdk-base', label='latest').version, made.version)
        self.assertIn('sdk-base', [each.name for each in self.client.environments.list()])


class Datastores(SdkCase):
    def test_the_default_datastore_is_a_blob_container(self):
        default = self.client.datastores.get_default()
        self.assertEqual((default.name, default.type.lower().replace('_', '')), ('workspaceblobstore', 'azureblob'))

    def test_a_datastore_is_created_listed_and_deleted(self):
        name = unique('store').replace('-', '_')
        store = AzureBlobDatastore(name=name, account_name='elsewhere', container_name='raw', protocol='https',
                                   credentials=SasTokenConfiguration(sas_token='sv=2021&sig=x'))
        self.client.datastores.create_or_update(store)
        self.assertIn(name, [each.name for each in self.client.datastores.list()])
        self.assertEqual(self.client.datastores.get(name).container_name, 'raw')
        self.client.datastores.delete(name)
        self.assertNotIn(name, [each.name for each in self.client.datastores.list()])


if __name__ == '__main__':
    unittest.main()
