"""The environment builder without any network: a wheel made here, installed offline with venv and pip or uv."""

import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
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

    def start(self, name, requirements, environment=None, **more):
        request = dict({
            'name': name, 'pipRequirements': requirements, 'offline': True, 'wheelDirectories': [os.path.join(self.directory, 'wheels')],
            'environmentsDirectory': os.path.join(self.directory, 'envs'), 'logPath': os.path.join(self.directory, name + '.log'),
            'resultPath': os.path.join(self.directory, name + '.result')}, **more)
        path = os.path.join(self.directory, name + '.json')
        with open(path, 'w') as stream:
            json.dump(request, stream)
        return subprocess.Popen([sys.executable, '-m', 'fulcrum_runtime.environment_builder', path], cwd=PYTHON_FOLDER,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

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

    def test_uv_trusts_the_authorities_of_the_host_unless_told_otherwise(self):
        tools = os.path.join(self.directory, 'tools')
        os.makedirs(tools)
        with open(os.path.join(tools, 'uv'), 'w') as stream:
            stream.write('#!/bin/sh\necho "certificates of the host: $UV_SYSTEM_CERTS"\nexit 1\n')
        os.chmod(stream.name, 0o755)
        authorities = os.path.join(self.directory, 'authorities.pem')
        shutil.copyfile(__file__, authorities)
        plain = {k: v for k, v in os.environ.items() if k not in ('UV_SYSTEM_CERTS', 'UV_NATIVE_TLS')}
        plain.update(PATH=tools + os.pathsep + plain['PATH'], SSL_CERT_FILE=authorities)
        for name, more, said in (('trusting', {}, 'true'), ('own-only', {'UV_SYSTEM_CERTS': 'false'}, 'false')):
            self.finish(name, self.start(name, ['greeter-for-tests'], environment=dict(plain, **more),
                                         environmentsDirectory=os.path.join(self.directory, name)))
            self.assertIn('certificates of the host: ' + said, read_text(os.path.join(self.directory, name + '.log')))

    def test_the_place_of_a_requirement_is_told(self):
        places = {'there-is-no-such-thing==9': 'line 7 of requirements.txt'}
        result, _ = self.finish('placed', self.start('placed', ['there-is-no-such-thing==9'], places=places))
        self.assertTrue(result['failingLine'].startswith('there-is-no-such-thing==9 at line 7 of requirements.txt ('), result)
        self.assertIn('at line 7 of requirements.txt', read_text(os.path.join(self.directory, 'placed.log')))

    def test_an_existing_interpreter_is_described_not_built(self):
        result, _ = self.finish('own', self.start('own', [], interpreter=sys.executable))
        self.assertEqual((result['python'], result['pythonVersion']), (sys.executable, platform.python_version()))
        self.assertTrue(any(package['name'] == 'pip' for package in result['packages']))
        wrong, _ = self.finish('wrong', self.start('wrong', [], interpreter='/nowhere/python3'))
        self.assertIn("'/nowhere/python3' does not run", wrong['error'])

    def collect(self, root, **members):
        path = os.path.join(self.directory, 'collect.json')
        with open(path, 'w') as stream:
            json.dump(dict({'environmentsDirectory': root, 'limitBytes': 150, 'minimumIdleSeconds': 3600, 'inUse': []}, **members), stream)
        done = subprocess.run([sys.executable, '-m', 'fulcrum_runtime.environment_collector', path], cwd=PYTHON_FOLDER,
                              stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout.decode())

    def test_the_least_recently_used_go_first_and_what_is_used_stays(self):
        root = tempfile.mkdtemp(dir=self.directory)
        os.makedirs(os.path.join(root, '.locks'))
        hours = {'a' * 32: 9, 'b' * 32: 8, 'c' * 32: 7, 'd' * 32: 0}
        for name, age in hours.items():
            os.makedirs(os.path.join(root, name))
            path = os.path.join(root, name, 'environment.json')
            with open(path, 'w') as stream:
                json.dump({'sizeBytes': 100}, stream)
            os.utime(path, (time.time() - age * 3600, time.time() - age * 3600))
        names = lambda result: [one['lockHash'][0] for one in result['removed']]
        self.assertEqual(names(self.collect(root, dryRun=True)), ['a', 'b', 'c'])
        result = self.collect(root, inUse=['a' * 32])
        self.assertEqual((names(result), result['bytesBefore'], result['bytesAfter'], result['kept']), (['b', 'c'], 400, 200, 2))
        self.assertEqual(sorted(name for name in os.listdir(root) if not name.startswith('.')), ['a' * 32, 'd' * 32])
        # Somebody holds its lock: it is being built or looked at.
        with open(os.path.join(root, '.locks', 'a' * 32 + '.build'), 'w') as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.assertEqual(names(self.collect(root)), [])
        self.assertEqual(names(self.collect(root)), ['a'])

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
