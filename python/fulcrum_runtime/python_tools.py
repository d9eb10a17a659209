"""Interpreters and installers for environments: uv where it is or can be had, else ``python -m venv`` with pip."""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys


class BuildError(Exception):
    """An environment cannot be built; ``failing_line``: the requirement or tool line at fault, or None."""

    def __init__(self, message, failing_line=None):
        super().__init__(message)
        self.failing_line = failing_line


def _version_of(program):
    try:
        done = subprocess.run([program, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
        return done.stdout.decode().strip() if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired):
        return None


def find_interpreter(wanted):
    """(program, 'X.Y') for a wanted version such as '3.11'; without one, the interpreter running this."""
    own = '%d.%d' % sys.version_info[:2]
    wanted = '.'.join(str(wanted).split('.')[:2]) if wanted else own
    for program in [sys.executable] + [path for path in (shutil.which('python' + wanted), shutil.which('python3')) if path]:
        if _version_of(program) == wanted:
            return program, wanted
    raise BuildError('Python %s is asked for, but not installed here (this is %s); install it or change pythonVersion'
                     % (wanted, own))


def _locked(lines):
    return sorted(line.strip() for line in lines if re.match(r'^[A-Za-z0-9][^\s#]*\s*(==|@)', line.strip()))


def system_trust():
    """Variables by which uv trusts the authorities of this host, as pip does, and not only its own: companies have proxies of their own."""
    if any(name in os.environ for name in ('UV_SYSTEM_CERTS', 'UV_NATIVE_TLS')):
        return {}
    places = ssl.get_default_verify_paths()
    has_any = places.cafile or (places.capath and os.listdir(places.capath))
    # The second is its name in uv before 0.10.
    return {'UV_SYSTEM_CERTS': 'true', 'UV_NATIVE_TLS': 'true'} if has_any else {}


class Uv:
    """uv: resolver and installer. ``command``: how to call it."""

    name = 'uv'

    def __init__(self, command):
        self.command = command
        self.environment = system_trust()

    def resolve(self, build, interpreter, _version):
        """The lock: pinned requirement lines, sorted."""
        source = os.path.join(build.root, '.build-%d.in' % os.getpid())
        with open(source, 'w', encoding='utf-8') as stream:
            stream.write('\n'.join(build.requirements) + '\n')
        try:
            output = build.run(self.command + ['pip', 'compile', '--quiet', '--no-header', '--no-annotate', '--python', interpreter]
                               + build.source_arguments() + [source], 'resolving', self.environment)
        finally:
            os.unlink(source)
        return _locked(output)

    def install(self, build, interpreter, directory, lock):
        """A new virtual environment holding exactly the lock."""
        build.run(self.command + ['venv', '--quiet', '--python', interpreter, directory], 'creating the virtual environment')
        if lock:
            # Links to the cache save the copy; uv falls back to copying across file systems.
            build.run(self.command + ['pip', 'install', '--no-deps', '--link-mode', 'hardlink', '--python',
                                      os.path.join(directory, 'bin', 'python')] + build.source_arguments() + lock, 'installing',
                      self.environment)


class VenvPip:
    """The standard library's venv and pip."""

    name = 'venv+pip'

    def _venv(self, build, interpreter, directory):
        try:
            build.run([interpreter, '-m', 'venv', directory], 'creating the virtual environment')
        except BuildError as error:
            text = '\n'.join(build.lines)
            if 'ensurepip' in text or 'No module named venv' in text:
                raise BuildError('this Python has no working venv module (ensurepip is missing): install the python3-venv package '
                                 'of the system, or uv', error.failing_line)
            raise

    def resolve(self, build, interpreter, _version):
        """The lock: pip's own resolution, as pinned lines."""
        probe = os.path.join(build.root, '.build-resolve-%d' % os.getpid())
        try:
            self._venv(build, interpreter, probe)
            if not build.requirements:
                return []
            python = os.path.join(probe, 'bin', 'python')
            build.run([python, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--progress-bar', 'off']
                      + build.source_arguments() + build.requirements, 'resolving')
            output = build.run([python, '-m', 'pip', 'freeze'], 'listing packages')
            return _locked(output)
        finally:
            shutil.rmtree(probe, ignore_errors=True)

    def install(self, build, interpreter, directory, lock):
        """A new virtual environment holding exactly the lock."""
        self._venv(build, interpreter, directory)
        if lock:
            build.run([os.path.join(directory, 'bin', 'python'), '-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps',
                       '--no-input', '--progress-bar', 'off'] + build.source_arguments() + lock, 'installing')


def find_tool(tools_directory, interpreter, build):
    """uv on PATH, as a module, or installed into a private virtual environment; else venv with pip."""
    found = shutil.which('uv')
    if found:
        return Uv([found])
    if subprocess.run([interpreter, '-c', 'import uv'], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return Uv([interpreter, '-m', 'uv'])
    private = os.path.join(tools_directory, 'bin', 'uv')
    if os.path.exists(private):
        return Uv([private])
    if not build.request.get('offline'):
        try:
            build.progress('installing the uv tool (once)')
            build.run([interpreter, '-m', 'venv', tools_directory], 'creating the tool environment')
            build.run([os.path.join(tools_directory, 'bin', 'python'), '-m', 'pip', 'install', '--quiet',
                       '--disable-pip-version-check', 'uv'], 'installing uv')
            return Uv([private])
        except BuildError as error:
            shutil.rmtree(tools_directory, ignore_errors=True)
            build.write('uv is not to be had (%s); using venv and pip' % error)
    return VenvPip()


DESCRIBE = """
import json, sys, platform
from importlib.metadata import distributions
found = {d.metadata['Name']: d.version for d in distributions() if d.metadata['Name']}
print(json.dumps({'version': platform.python_version(), 'prefix': sys.prefix, 'executable': sys.executable,
                  'packages': [{'name': n, 'version': v} for n, v in sorted(found.items(), key=lambda i: i[0].lower())]}))
"""


def describe_interpreter(program):
    """{version, prefix, executable, packages: [{name, version}]} of an existing Python. Raises BuildError when it does not run."""
    try:
        # Isolated: neither our PYTHONPATH nor the user's site directory belongs to it.
        done = subprocess.run([program, '-I', '-c', DESCRIBE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError("the interpreter '%s' does not run" % program, str(error))
    if done.returncode != 0:
        raise BuildError("the interpreter '%s' does not run" % program, done.stderr.decode('utf-8', 'replace').strip()[-300:])
    return json.loads(done.stdout.decode('utf-8'))


def python_version_of(program):
    """'X.Y.Z' of an interpreter."""
    done = subprocess.run([program, '-I', '-c', 'import platform; print(platform.python_version())'], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, timeout=60)
    return done.stdout.decode().strip() or None


def available_versions():
    """What this host has: {'own': 'X.Y', 'available': ['X.Y', …], 'programs': [path], 'rscript': path or None, 'host': description}."""
    own = '%d.%d' % sys.version_info[:2]
    found = {own} | {version for version in (_version_of(path) for path in [shutil.which('python3')] if path) if version}
    programs = [sys.executable] + [path for path in [shutil.which('python3')] if path]
    for minor in range(8, 20):
        path = shutil.which('python3.%d' % minor)
        if path and _version_of(path) == '3.%d' % minor:
            found.add('3.%d' % minor)
            programs.append(path)
    return {'own': own, 'available': sorted(found, key=lambda version: int(version.split('.')[1])), 'programs': programs,
            'rscript': shutil.which('Rscript'), 'host': describe_interpreter(sys.executable)}


if __name__ == '__main__':
    print(json.dumps(available_versions()))
