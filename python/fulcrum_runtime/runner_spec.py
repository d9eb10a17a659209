"""Reading and checking the job wrapper's spec.json.

``{ token, attempt, command, workDir, workFolders[] (below workDir), env{}, logDir, outputsDirs[] (or outputsDir), readOnlyPaths[], hiddenPaths[],
timeoutSeconds|null, graceSeconds=30, isolation=best-effort, network=host, limits{memoryBytes?, cpuCount?, pids?},
pythonBinDirectory?, exitPath, heartbeatPath, statusPath, processCount=1, distribution{}?, services{}?, devices[]?, cgroupParent? }``
"""

import json
import os

from .distribution import Ranks


class SpecError(Exception):
    """The spec cannot be run; the message names the member."""


TEXT_MEMBERS = ('token', 'command', 'workDir', 'logDir', 'exitPath', 'heartbeatPath', 'statusPath')
CHOICES = {'isolation': ('required', 'best-effort', 'none'), 'network': ('host', 'none')}


class Spec:
    """The checked spec; every path is absolute, directories that must exist are made."""

    def __init__(self, value, directory):
        if not isinstance(value, dict):
            raise SpecError('spec.json must hold a JSON object')
        for name in TEXT_MEMBERS:
            if not isinstance(value.get(name), str) or not value[name]:
                raise SpecError('spec.json: "%s" must be a non-empty string' % name)
        self.token = value['token']
        self.attempt = value.get('attempt')
        self.command = value['command']
        self.attempt_directory = directory
        self.exit_path = self._absolute(value['exitPath'])
        self.heartbeat_path = self._absolute(value['heartbeatPath'])
        self.status_path = self._absolute(value['statusPath'])
        self.work_directory = self._absolute(value['workDir'])
        self.work_folders = [str(name) for name in value.get('workFolders') or []]
        self.log_directory = self._absolute(value['logDir'])
        outputs = value.get('outputsDirs') or value.get('outputsDir') or []
        self.output_directories = [self._absolute(p) for p in ([outputs] if isinstance(outputs, str) else outputs)]
        self.read_only_paths = [self._absolute(p) for p in value.get('readOnlyPaths') or []]
        self.hidden_paths = [self._absolute(p) for p in value.get('hiddenPaths') or []]
        self.environment = self._environment(value.get('env') or {})
        self.timeout_seconds = self._seconds(value, 'timeoutSeconds', None)
        self.grace_seconds = self._seconds(value, 'graceSeconds', 30.0)
        self.isolation = self._choice(value, 'isolation', 'best-effort')
        self.network = self._choice(value, 'network', 'host')
        self.limits = value.get('limits') or {}
        self.devices = value.get('devices') or []
        self.services = value.get('services') or {}
        self.cgroup_parent = value.get('cgroupParent')
        self.python_bin_directory = value.get('pythonBinDirectory')
        self.process_count = int(value.get('processCount') or 1)
        if self.process_count < 1:
            raise SpecError('spec.json: "processCount" must be at least 1')
        self.ranks = Ranks(value.get('distribution'), self.process_count)
        if self.process_count > 1 and self.network == 'none':
            raise SpecError('spec.json: processCount %d needs network "host": the ranks talk to each other over TCP'
                            % self.process_count)

    def _absolute(self, path):
        return os.path.abspath(os.path.join(self.attempt_directory, path))

    @staticmethod
    def _environment(value):
        for name, text in value.items():
            if not isinstance(text, str) or '\0' in text or not name or '=' in name:
                raise SpecError('spec.json: env "%s" must be a string without NUL' % name)
        return dict(value)

    @staticmethod
    def _seconds(value, name, default):
        found = value.get(name)
        if found is None:
            return default
        if isinstance(found, bool) or not isinstance(found, (int, float)) or found < 0:
            raise SpecError('spec.json: "%s" must be a number of seconds, got %r' % (name, found))
        return float(found)

    @staticmethod
    def _choice(value, name, default):
        found = value.get(name) or default
        if found not in CHOICES[name]:
            raise SpecError('spec.json: "%s" must be one of %s, got %r' % (name, ', '.join(CHOICES[name]), found))
        return found


def load(path):
    """(Spec or None, raw value or None, error text or None) of a spec file."""
    try:
        with open(path, encoding='utf-8') as stream:
            raw = json.load(stream)
    except (OSError, ValueError) as error:
        return None, None, 'cannot read %s: %s' % (path, error)
    try:
        return Spec(raw, os.path.dirname(os.path.abspath(path))), raw, None
    except (SpecError, TypeError, ValueError) as error:
        return None, raw, str(error)
