"""Builds Python environments: ``python3 -m fulcrum_runtime.environment_builder request.json``.

Request: {name, pipRequirements: [str], pythonVersion?: 'X.Y', environmentsDirectory, wheelDirectories?: [str], offline?: bool,
places?: {requirement: where it is written}, interpreter?: path of an existing Python to describe instead, logPath, resultPath}.
Spec -> lock -> hash -> immutable directory ``<environmentsDirectory>/<lockHash>``.
The modification time of its environment.json is when it was last used; ``environment_collector`` goes by it.

A request (requirements, platform, Python minor, wheel directories) is resolved once; its lock is kept by request hash, so
the same request later needs neither network nor tool. The directory is built under a temporary name on the same file
system, its scripts rewritten to the final path, then renamed; a file lock makes N builders build once.
Progress: lines ``{"progress": text, "at": seconds}`` on stdout. Result (also on failure, at ``resultPath``): {ok, lockHash,
directory, python, packages: [{name, version}], tool, cached, seconds} or {ok: false, error, failingLine, lastLogLines}.
Exit status: 0 built or found, 1 failed, 2 bad request.
"""

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time

from . import files
from .python_tools import BuildError, describe_interpreter, find_interpreter, find_tool, python_version_of

SCHEMA = 1


def canonical(value):
    """sha256 (hex) of the canonical JSON of a value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(',', ':')).encode('utf-8')).hexdigest()


class Build:
    """One request being served."""

    def __init__(self, request):
        for name in ('name', 'environmentsDirectory', 'logPath', 'resultPath'):
            if not isinstance(request.get(name), str) or not request[name]:
                raise BuildError('request: "%s" must be a non-empty string' % name)
        requirements = request.get('pipRequirements')
        if not isinstance(requirements, list) or not all(isinstance(line, str) for line in requirements):
            raise BuildError('request: "pipRequirements" must be a list of strings')
        self.request = request
        self.requirements = sorted({line.strip() for line in requirements if line.strip() and not line.startswith('#')})
        self.root = os.path.abspath(request['environmentsDirectory'])
        self.wheels = [os.path.abspath(path) for path in request.get('wheelDirectories') or []]
        self.started = time.monotonic()
        os.makedirs(os.path.join(self.root, '.locks'), exist_ok=True)
        os.makedirs(os.path.dirname(os.path.abspath(request['logPath'])), exist_ok=True)
        self.log = open(request['logPath'], 'a', encoding='utf-8')
        self.lines = []

    def progress(self, text):
        """Tell the caller and the log."""
        print(json.dumps({'progress': text, 'at': round(time.monotonic() - self.started, 2)}), flush=True)
        self.write(text)

    def write(self, line):
        """One line into the log."""
        self.lines = (self.lines + [line])[-20:]
        self.log.write(line + '\n')
        self.log.flush()

    def run(self, command, what, extra_environment=None):
        """Run a tool, its output streamed into the log; BuildError names the line that failed."""
        self.write('$ ' + ' '.join(command))
        environment = {k: v for k, v in os.environ.items() if k not in ('PYTHONPATH', 'PYTHONHOME', 'VIRTUAL_ENV')}
        environment.update(extra_environment or {})
        output = []
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=environment, universal_newlines=True) as process:
            for line in process.stdout:
                output.append(line.rstrip())
                self.write(line.rstrip())
        if process.returncode != 0:
            raise BuildError('%s failed' % what, failing_line(output, self.requirements, self.request.get('places') or {}))
        return output

    def source_arguments(self):
        """Where packages come from: wheel directories, and the index unless offline."""
        arguments = [part for path in self.wheels for part in ('--find-links', path)]
        return arguments + (['--no-index'] if self.request.get('offline') else [])

    def request_hash(self, version):
        """The key under which a resolved lock is kept."""
        return canonical({'schema': SCHEMA, 'requirements': self.requirements, 'python': version, 'wheels': self.wheels,
                          'platform': [sys.platform, platform.machine(), platform.libc_ver()[0]]})

    def lock_hash(self, lock, version):
        """The name of the environment: what is installed, for which Python and platform."""
        return canonical({'schema': SCHEMA, 'lock': lock, 'python': version,
                          'platform': [sys.platform, platform.machine(), platform.libc_ver()[0]]})[:32]

    def serve(self):
        """The result record of this request."""
        if self.request.get('interpreter'):
            return self.describe(self.request['interpreter'])
        interpreter, version = find_interpreter(self.request.get('pythonVersion'))
        key = self.request_hash(version)
        lock_path = os.path.join(self.root, '.locks', key + '.json')
        with Lock(lock_path + '.lock'):
            known = files.read_json(lock_path)
            if known and self.touch(known['lockHash']):
                return self.result(known['lockHash'], True)
            with Lock(os.path.join(self.root, '.locks', 'tool')):
                tool = find_tool(os.path.join(self.root, '.tools'), interpreter, self)
            self.progress('resolving %d requirements for Python %s with %s' % (len(self.requirements), version, tool.name))
            lock = known['lock'] if known else tool.resolve(self, interpreter, version)
            name = self.lock_hash(lock, version)
            files.write_json_atomically(lock_path, {'lockHash': name, 'lock': lock, 'python': version}, durable=True)
        with Lock(os.path.join(self.root, '.locks', name + '.build')):
            directory = os.path.join(self.root, name)
            if self.touch(name):
                return self.result(name, True)
            self.create(name, directory, lock, interpreter, version, tool)
        return self.result(name, False)

    def touch(self, name):
        """Note the use of a finished environment, so that it is not collected under whoever asked; False when it is not there."""
        try:
            os.utime(os.path.join(self.root, name, 'environment.json'))
            return True
        except FileNotFoundError:
            return False

    def describe(self, interpreter):
        """The record of an existing interpreter: nothing is built, its packages name it."""
        found = describe_interpreter(interpreter)
        self.progress('Python %s at %s with %d packages is used as it is' % (found['version'], interpreter, len(found['packages'])))
        return {'ok': True, 'lockHash': canonical({'schema': SCHEMA, 'interpreter': os.path.realpath(interpreter), 'found': found})[:32],
                'directory': found['prefix'], 'python': interpreter, 'pythonVersion': found['version'], 'packages': found['packages'],
                'tool': 'existing interpreter', 'cached': True, 'sizeBytes': 0, 'seconds': round(time.monotonic() - self.started, 2)}

    def create(self, name, directory, lock, interpreter, version, tool):
        """Build beside the final place, then rename."""
        temporary = os.path.join(self.root, '.build-%s-%d' % (name[:12], os.getpid()))
        for stale in (temporary, directory):
            shutil.rmtree(stale, ignore_errors=True)
        try:
            self.progress('installing %d packages' % len(lock))
            tool.install(self, interpreter, temporary, lock)
            relocate(temporary, directory)
            packages = [{'name': line.split('==')[0], 'version': line.split('==')[1].split(';')[0].strip()}
                        for line in lock if '==' in line]
            files.write_json_atomically(os.path.join(temporary, 'environment.json'), {
                'lockHash': name, 'python': version, 'exactPython': python_version_of(interpreter), 'packages': packages, 'lock': lock,
                'tool': tool.name, 'sizeBytes': size_of(temporary)}, durable=True)
            os.rename(temporary, directory)
            files.fsync_directory(self.root)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def result(self, name, cached):
        """The record of a finished environment."""
        directory = os.path.join(self.root, name)
        made = files.read_json(os.path.join(directory, 'environment.json'))
        self.progress('environment %s %s' % (name[:12], 'found in the cache' if cached else 'ready'))
        return {'ok': True, 'lockHash': name, 'directory': directory, 'python': os.path.join(directory, 'bin', 'python'),
                'pythonVersion': made.get('exactPython') or made['python'], 'sizeBytes': made.get('sizeBytes') or 0, 'packages': made['packages'], 'tool': made['tool'], 'cached': cached,
                'seconds': round(time.monotonic() - self.started, 2)}


class Lock:
    """An exclusive file lock for a block; waits for other builders."""

    def __init__(self, path):
        self.path = path
        self.descriptor = None

    def __enter__(self):
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_exception):
        os.close(self.descriptor)


def failing_line(output, requirements, places):
    """The requirement, where it is written, and the tool's own line that explains a failure."""
    errors = [line for line in output if re.search(r'error|no solution|not found|no matching|unsatisfiable|×|╰', line, re.I)]
    for line in errors:
        for requirement in requirements:
            name = re.split(r'[\[<>=!~; ]', requirement)[0]
            if name and re.search(r'(?<![\w.-])%s(?![\w-])' % re.escape(name), line, re.I):
                place = places.get(requirement)
                return '%s%s (%s)' % (requirement, ' at ' + place if place else '', line.strip())
    return (errors or output or ['no output'])[-1].strip()


def size_of(directory):
    """Bytes on disk below a directory."""
    return sum(os.lstat(os.path.join(folder, name)).st_blocks * 512 for folder, _, names in os.walk(directory) for name in names)


def relocate(temporary, final):
    """Write the final path into the text files of bin/ and pyvenv.cfg: virtual environments embed absolute paths."""
    old, new = temporary.encode('utf-8'), final.encode('utf-8')
    folder = os.path.join(temporary, 'bin')
    for path in [os.path.join(folder, name) for name in os.listdir(folder)] + [os.path.join(temporary, 'pyvenv.cfg')]:
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, 'rb') as stream:
            content = stream.read()
        if old in content and b'\0' not in content:
            # A new file, not a write in place: the tool may have hard-linked it to its cache.
            with open(path + '.new', 'wb') as stream:
                stream.write(content.replace(old, new))
            shutil.copymode(path, path + '.new')
            os.rename(path + '.new', path)


def main(arguments):
    """Entry point; exit statuses are described in the module's docstring."""
    request = files.read_json(arguments[0]) if len(arguments) == 1 else None
    if not isinstance(request, dict):
        sys.stderr.write('usage: python3 -m fulcrum_runtime.environment_builder request.json (a JSON object)\n')
        return 2
    build = None
    try:
        build = Build(request)
        result, status = build.serve(), 0
    except BuildError as error:
        result, status = {'ok': False, 'error': str(error), 'failingLine': error.failing_line,
                          'lastLogLines': build.lines if build else []}, 1
        if build and error.failing_line:
            build.write('%s: %s' % (error, error.failing_line))
        sys.stderr.write('fulcrum: %s%s\n' % (error, ': ' + error.failing_line if error.failing_line else ''))
        if build is None:
            status = 2
    if isinstance(request.get('resultPath'), str):
        files.write_json_atomically(request['resultPath'], result, durable=True)
    return status


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
