import pathlib
import tempfile

from azure.ai.ml import load_component
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import Data, Model
from azure.core.exceptions import ResourceNotFoundError

from support import FILES, SdkCase, unique


class DataAssets(SdkCase):
    def test_a_local_file_is_uploaded_and_versioned(self):
        name = unique('lines')
        first = self.client.data.create_or_update(Data(name=name, path=str(FILES / 'data/lines.txt'), type=AssetTypes.URI_FILE))
        self.assertEqual(first.version, '1')
        self.assertTrue(first.path.startswith('azureml://') and first.path.endswith('lines.txt'), first.path)
        again = self.client.data.create_or_update(Data(name=name, path=str(FILES / 'data/lines.txt'), type=AssetTypes.URI_FILE))
        self.assertEqual(self.client.data.get(name, label='latest').version, again.version)

    def test_a_local_folder_is_uploaded_archived_and_restored(self):
        name = unique('parts')
        self.client.data.create_or_update(Data(name=name, version='7', path=str(FILES / 'parts'), type=AssetTypes.URI_FOLDER))
        self.assertIn(name, [each.name for each in self.client.data.list()])
        self.client.data.archive(name=name)
        self.assertNotIn(name, [each.name for each in self.client.data.list()])
        self.client.data.restore(name=name)
        self.assertIn('7', [each.version for each in self.client.data.list(name=name)])

    def test_what_does_not_exist_is_not_found(self):
        with self.assertRaises(ResourceNotFoundError):
            self.client.data.get('absent', version='1')


class Models(SdkCase):
    def test_a_model_is_uploaded_downloaded_and_archived(self):
        name = unique('factor')
        made = self.client.models.create_or_update(
            Model(name=name, path=str(FILES / 'factor.txt'), type=AssetTypes.CUSTOM_MODEL, tags={'kind': 'factor'}))
        self.assertEqual((made.version, made.tags), ('1', {'kind': 'factor'}))
        with tempfile.TemporaryDirectory() as directory:
            self.client.models.download(name, '1', download_path=directory)
            found = [path for path in pathlib.Path(directory).rglob('factor.txt')]
            self.assertEqual([path.read_text() for path in found], ['3\n'])
        self.client.models.archive(name, version='1')
        self.assertEqual(list(self.client.models.list(name=name)), [])


class Components(SdkCase):
    def test_a_component_is_registered_from_yaml(self):
        component = load_component(FILES / 'component.yml')
        component.name = unique('greet').replace('-', '_')
        made = self.client.components.create_or_update(component)
        self.assertEqual((made.version, made.type), ('1', 'command'))
        self.assertTrue(made.inputs['name'].optional)
        self.assertIn(made.name, [each.name for each in self.client.components.list()])
