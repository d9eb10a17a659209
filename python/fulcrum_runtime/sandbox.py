"""The bubblewrap sandbox of a job: what the host supports (probed by doing) and the command line.

A seat-belt, not a tenant boundary: own pid, ipc and uts namespaces, read-only root, private /tmp,
only the job's directories writable, the platform's own paths hidden, no capabilities.
"""

import os
import shutil
import subprocess

# Tried in this order; the first that runs is used and recorded.
VARIANTS = (
    {'userNamespace': False, 'privateProc': True},
    {'userNamespace': True, 'privateProc': True},
    {'userNamespace': True, 'privateProc': False},
)

CONTAINER_SOCKETS = ('/run/docker.sock', '/run/podman', '/run/containerd', '/run/crio')
HOME_SECRETS = ('.ssh', '.aws', '.azure', '.kube', '.gnupg', '.netrc', '.docker', '.git-credentials', '.config/gcloud', '.npmrc')
PROBE_TIMEOUT_SECONDS = 20


def _namespace_arguments(variant, network):
    arguments = ['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--die-with-parent', '--new-session']
    arguments += ['--cap-drop', 'ALL']
    if variant['userNamespace']:
        arguments.append('--unshare-user')
    if network == 'none':
        arguments.append('--unshare-net')
    return arguments


def _base_arguments(variant, network):
    proc = ['--proc', '/proc'] if variant['privateProc'] else ['--ro-bind', '/proc', '/proc']
    return _namespace_arguments(variant, network) + ['--ro-bind', '/', '/', '--dev', '/dev'] + proc


def _last_line(text):
    lines = [line for line in text.decode('utf-8', 'replace').splitlines() if line.strip()]
    return lines[-1] if lines else 'no message'


def probe(network='host'):
    """Run /bin/true in the sandbox. Returns ({program, version, userNamespace, privateProc} or None, [reasons])."""
    program = shutil.which('bwrap')
    if program is None:
        return None, ['bubblewrap (bwrap) is not installed or not on PATH']
    reasons = []
    for variant in VARIANTS:
        command = [program] + _base_arguments(variant, network) + ['--', '/bin/sh', '-c', 'exit 0']
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, timeout=PROBE_TIMEOUT_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            reasons.append(str(error))
            continue
        if done.returncode == 0:
            version = subprocess.run([program, '--version'], stdout=subprocess.PIPE).stdout.decode().split()[-1]
            return dict(variant, program=program, version=version), reasons
        names = 'user namespace' if variant['userNamespace'] else 'no user namespace'
        reasons.append('bwrap (%s, %s proc): %s' % (
            names, 'own' if variant['privateProc'] else "the host's", _last_line(done.stderr)))
    return None, reasons


def hidden_by_default():
    """Container sockets and the host user's credentials, as far as they exist."""
    home = os.path.expanduser('~')
    return [path for path in list(CONTAINER_SOCKETS) + [os.path.join(home, name) for name in HOME_SECRETS]
            if os.path.exists(path)]


def build_arguments(capability, network, temporary, hidden, read_only, writable, devices, working_directory):
    """The bwrap command line before ``--json-status-fd N -- program``.

    Order matters: later mounts lie on top, so hidden paths come after the private /tmp and before
    the directories that the job is given back. Missing hidden or read-only paths are skipped.
    """
    arguments = [capability['program']] + _base_arguments(capability, network)
    arguments += ['--bind', os.path.realpath(temporary), '/tmp']
    for path in hidden:
        real = os.path.realpath(path)
        if os.path.isdir(real):
            arguments += ['--tmpfs', real]
        elif os.path.exists(real):
            arguments += ['--ro-bind', '/dev/null', real]
    for path in read_only:
        if os.path.exists(path):
            arguments += ['--ro-bind', os.path.realpath(path), os.path.realpath(path)]
    for path in writable:
        arguments += ['--bind', os.path.realpath(path), os.path.realpath(path)]
    for device in devices:
        if os.path.exists(device):
            arguments += ['--dev-bind', device, device]
    return arguments + ['--chdir', os.path.realpath(working_directory)]
