"""The environment builder without any network: a wheel made here, installed offline with venv and pip or uv."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

from support import PYTHON_FOLDER, read_text
from fulcrum_runtime import environment_builder

WHEEL_FILES = {
    'greeter_for_tests.py': 'def main():\n    print("hello from a console script")\n',
    'greeter_for_tests-1.2.dist-info/METADATA': 'Metadata-Version: 2.1\nName: greeter-for-tests\nVersion: 1.2\n',
    'greeter_for_tests-1.2.dist-info/WHEEL': 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    'greeter_for_tests-1.2.dist-info/entry_points.txt': '[console_scripts]\ngreet = greeter_for_tests:main\n',
    'greeter_for_tests-1.2.dist-info/RECORD': '',
}


class EnvironmentBuilder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix='environments-')
        cls.addClassCleanup(shutil.rmtree, cls.directory, True)
        os.makedirs(os.path.join(cls.directory, 'wheels'))
        with zipfile.ZipFile(os.path.join(cls.directory, 'wheels', 'greeter_for_tests-1.2-py3-none-any.whl'), 'w') as wheel:
            for name, text in WHEEL_FILES.items():
                wheel.writestr(name, text)

    def start(self, name, requirements, **more):
        request = dict({
            'name': name, 'pipRequirements': requirements, 'offline': True, 'wheelDirectories': [os.path.join(self.directory, 'wheels')],
            'environmentsDirectory': os.path.join(self.directory, 'envs'), 'logPath': os.path.join(self.directory, name + '.log'),
            'resultPath': os.path.join(self.directory, name + '.result')}, **more)
        path = os.path.join(self.directory, name + '.json')
        with open(path, 'w') as stream:
            json.dump(request, stream)
        return subprocess.Popen([sys.executable, '-m', 'fulcrum_runtime.environment_builder', path], cwd=PYTHON_FOLDER,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, name, process):
        out, _ = process.communicate(timeout=120)
        return json.loads(read_text(os.path.join(self.directory, name + '.result'))), out.decode()

    def test_many_builders_build_once_and_scripts_work_after_the_rename(self):
        running = [('a%d' % n, self.start('a%d' % n, ['greeter-for-tests'])) for n in range(3)]
        results = [self.finish(name, process) for name, process in running]
        self.assertEqual([r['ok'] for r, _ in results], [True] * 3)
        self.assertEqual(sorted(r['cached'] for r, _ in results), [False, True, True])
        self.assertEqual(len({r['directory'] for r, _ in results}), 1)
        self.assertIn({'name': 'greeter-for-tests', 'version': '1.2'}, results[0][0]['packages'])
        for line in results[0][1].splitlines():
            self.assertIn('progress', json.loads(line))
        script = os.path.join(results[0][0]['directory'], 'bin', 'greet')
        self.assertEqual(subprocess.check_output([script]).decode(), 'hello from a console script\n')
        self.assertEqual([n for n in os.listdir(os.path.join(self.directory, 'envs')) if n.startswith('.build')], [])

    def test_a_requirement_that_cannot_be_had_is_named(self):
        process = self.start('bad', ['greeter-for-tests', 'there-is-no-such-thing==9'])
        result, _ = self.finish('bad', process)
        self.assertEqual((process.returncode, result['ok']), (1, False))
        self.assertIn('there-is-no-such-thing==9', result['failingLine'])

    def test_a_python_that_is_not_installed_is_named(self):
        result, _ = self.finish('old', self.start('old', [], pythonVersion='2.9'))
        self.assertIn('Python 2.9', result['error'])

    def test_relocation_leaves_binaries_and_links_alone(self):
        folder = tempfile.mkdtemp(dir=self.directory)
        os.makedirs(os.path.join(folder, 'bin'))
        for name, content in (('text', b'#!%s/bin/python\n'), ('binary', b'\0%s')):
            with open(os.path.join(folder, 'bin', name), 'wb') as stream:
                stream.write(content % folder.encode())
        environment_builder.relocate(folder, '/final/place')
        self.assertEqual(read_text(os.path.join(folder, 'bin', 'text')), '#!/final/place/bin/python\n')
        self.assertIn(folder, read_text(os.path.join(folder, 'bin', 'binary')))


if __name__ == '__main__':
    unittest.main()
