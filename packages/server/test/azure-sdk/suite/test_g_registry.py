import pathlib
import tempfile

from azure.ai.ml.entities import Environment, Model

from support import FILES, SdkCase, connect, setting, since, unique


class Registries(SdkCase):
    """The oldest SDK names its registry discovery host in its code and cannot reach another one."""

    @since((1, 5))
    def test_a_model_is_uploaded_to_the_registry_and_downloaded(self):
        registry, name = connect(registry_name=setting('REGISTRY')), unique('shared')
        made = registry.models.create_or_update(Model(name=name, version='1', path=str(FILES / 'factor.txt')))
        self.assertEqual(made.version, '1')
        self.assertIn(name, [each.name for each in registry.models.list()])
        with tempfile.TemporaryDirectory() as directory:
            registry.models.download(name, '1', download_path=directory)
            self.assertEqual([path.read_text() for path in pathlib.Path(directory).rglob('factor.txt')], ['3\n'])

    @since((1, 5))
    def test_a_model_of_the_workspace_is_shared(self):
        name = unique('share')
        self.client.models.create_or_update(Model(name=name, version='1', path=str(FILES / 'factor.txt')))
        self.client.models.share(name=name, version='1', share_with_name=name, share_with_version='1',
                                 registry_name=setting('REGISTRY'))
        registry = connect(registry_name=setting('REGISTRY'))
        self.assertTrue(registry.models.get(name, '1').id.startswith('azureml://registries/'))

    @since((1, 5))
    def test_an_environment_lives_in_the_registry(self):
        registry, name = connect(registry_name=setting('REGISTRY')), unique('env')
        registry.environments.create_or_update(Environment(name=name, version='1', image='python:3.11'))
        self.assertEqual(registry.environments.get(name, version='1').version, '1')
