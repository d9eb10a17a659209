"""Control groups for one job attempt: version 2 where delegated, else writable version 1.

``create`` tries by doing: it makes the group, writes the limits, and reports per resource what is
in force. Hybrid hosts have ``cgroup.kill`` in the unified mount but no controllers there.
"""

import os
import re
import time

CONTROLLERS = ('memory', 'pids', 'cpu')
CPU_PERIOD_MICROSECONDS = 100000


def _write(path, text):
    with open(path, 'w') as stream:
        stream.write(text)


def _read(path):
    try:
        with open(path) as stream:
            return stream.read()
    except OSError:
        return ''


def _number(text):
    text = text.strip()
    return int(text) if text.isdigit() else None


def _field(text, name):
    match = re.search(r'^%s (\d+)$' % re.escape(name), text, re.M)
    return int(match.group(1)) if match else 0


def mounts():
    """{'v2': mount point or None, controller: version 1 mount point …} from /proc/self/mountinfo."""
    found = {'v2': None}
    for line in _read('/proc/self/mountinfo').splitlines():
        left, _, right = line.partition(' - ')
        kind = right.split()
        if len(kind) < 3:
            continue
        mount_point = left.split()[4]
        if kind[0] == 'cgroup2':
            found['v2'] = mount_point
        elif kind[0] == 'cgroup':
            for option in kind[2].split(','):
                if option in CONTROLLERS or option == 'cpuacct':
                    found[option] = mount_point
    return found


def own_groups():
    """{'v2' or controller: path of this process below the mount point}."""
    found = {}
    for line in _read('/proc/self/cgroup').splitlines():
        parts = line.split(':', 2)
        if len(parts) != 3:
            continue
        for name in parts[1].split(',') if parts[1] else ['v2']:
            found[name] = parts[2].lstrip('/')
    return found


class JobGroup:
    """The groups of one attempt. ``limits``: {resource: 'cgroup-v2' | 'cgroup-v1'}; ``version``: 'v2' | 'v1'."""

    def __init__(self, version):
        self.version = version
        self.paths = {}
        self.limits = {}
        self.problems = []

    def enter(self):
        """Move the calling process into every group (between fork and exec)."""
        for path in set(self.paths.values()):
            try:
                _write(os.path.join(path, 'cgroup.procs'), '0')
            except OSError:
                # A group that cannot be entered limits nothing; the others still hold.
                pass

    def _file(self, group, name):
        path = self.paths.get(group)
        return _read(os.path.join(path, name)) if path else ''

    def processes(self):
        """pids inside, from whichever group lists them."""
        pids = set()
        for path in set(self.paths.values()):
            pids.update(int(word) for word in _read(os.path.join(path, 'cgroup.procs')).split())
        return pids

    def kill(self):
        """SIGKILL all processes inside at once, where the kernel has ``cgroup.kill``."""
        for path in set(self.paths.values()):
            target = os.path.join(path, 'cgroup.kill')
            if os.path.exists(target):
                try:
                    _write(target, '1')
                    return True
                except OSError as error:
                    self.problems.append('cgroup.kill: %s' % error)
        return False

    def cpu_seconds(self):
        """CPU time used so far, or None when no group counts it."""
        if self.version == 'v2':
            text = self._file('v2', 'cpu.stat')
            return _field(text, 'usage_usec') / 1e6 if text else None
        used = _number(self._file('cpuacct', 'cpuacct.usage'))
        return None if used is None else used / 1e9

    def oom_kills(self):
        """How many processes the kernel killed for the memory limit."""
        if self.version == 'v2':
            return _field(self._file('v2', 'memory.events'), 'oom_kill')
        return _field(self._file('memory', 'memory.oom_control'), 'oom_kill')

    def remove(self):
        """Delete the empty groups; a group still busy after two seconds is left and reported."""
        deadline = time.monotonic() + 2
        for path in sorted(set(self.paths.values())):
            while True:
                try:
                    os.rmdir(path)
                    break
                except FileNotFoundError:
                    break
                except OSError as error:
                    if time.monotonic() > deadline:
                        self.problems.append('%s: %s' % (path, error))
                        break
                    time.sleep(0.02)


def _limit_v2(group, path, limits):
    if limits.get('memoryBytes'):
        _write(os.path.join(path, 'memory.max'), str(int(limits['memoryBytes'])))
        swap = os.path.join(path, 'memory.swap.max')
        if os.path.exists(swap):
            _write(swap, '0')
        group.limits['memory'] = 'cgroup-v2'
    if limits.get('pids'):
        _write(os.path.join(path, 'pids.max'), str(int(limits['pids'])))
        group.limits['pids'] = 'cgroup-v2'
    if limits.get('cpuCount'):
        quota = int(float(limits['cpuCount']) * CPU_PERIOD_MICROSECONDS)
        _write(os.path.join(path, 'cpu.max'), '%d %d' % (quota, CPU_PERIOD_MICROSECONDS))
        group.limits['cpu'] = 'cgroup-v2'


def _create_v2(name, limits, parents):
    needed = [c for c, key in zip(CONTROLLERS, ('memoryBytes', 'pids', 'cpuCount')) if limits.get(key)]
    problems = []
    for parent in parents:
        available = _read(os.path.join(parent, 'cgroup.controllers')).split()
        missing = [c for c in needed if c not in available]
        if missing or not needed:
            problems.append('%s has no controller %s' % (parent, ', '.join(missing) or 'to use'))
            continue
        group, path = JobGroup('v2'), os.path.join(parent, name)
        try:
            enabled = _read(os.path.join(parent, 'cgroup.subtree_control')).split()
            for controller in needed:
                if controller not in enabled:
                    _write(os.path.join(parent, 'cgroup.subtree_control'), '+' + controller)
            os.makedirs(path, exist_ok=True)
            group.paths['v2'] = path
            _limit_v2(group, path, limits)
            return group, problems
        except OSError as error:
            problems.append('cgroup v2 at %s: %s' % (parent, error))
            group.remove()
    return None, problems


def _limit_v1(group, controller, path, limits):
    if controller == 'memory' and limits.get('memoryBytes'):
        _write(os.path.join(path, 'memory.limit_in_bytes'), str(int(limits['memoryBytes'])))
        swap = os.path.join(path, 'memory.memsw.limit_in_bytes')
        if os.path.exists(swap):
            _write(swap, str(int(limits['memoryBytes'])))
        group.limits['memory'] = 'cgroup-v1'
    if controller == 'pids' and limits.get('pids'):
        _write(os.path.join(path, 'pids.max'), str(int(limits['pids'])))
        group.limits['pids'] = 'cgroup-v1'
    if controller == 'cpu' and limits.get('cpuCount'):
        _write(os.path.join(path, 'cpu.cfs_period_us'), str(CPU_PERIOD_MICROSECONDS))
        quota = int(float(limits['cpuCount']) * CPU_PERIOD_MICROSECONDS)
        _write(os.path.join(path, 'cpu.cfs_quota_us'), str(quota))
        group.limits['cpu'] = 'cgroup-v1'


def _create_v1(name, limits, found, own):
    group = JobGroup('v1')
    for controller in CONTROLLERS + ('cpuacct',):
        if controller not in found:
            continue
        path = os.path.join(found[controller], own.get(controller, ''), name)
        try:
            os.makedirs(path, exist_ok=True)
            group.paths[controller] = path
            _limit_v1(group, controller, path, limits)
        except OSError as error:
            group.problems.append('cgroup v1 %s at %s: %s' % (controller, path, error))
    if found['v2'] and group.paths:
        # Hybrid layout: the unified tree only helps to kill everything at once.
        path = os.path.join(found['v2'], own.get('v2', ''), name)
        try:
            os.makedirs(path, exist_ok=True)
            group.paths['unified'] = path
        except OSError:
            pass
    if group.paths:
        return group, group.problems
    return None, group.problems or ['no writable cgroup v1 hierarchy']


def create(name, limits, parent=None):
    """Make the groups of one attempt.

    ``limits``: {memoryBytes?, cpuCount?, pids?}; ``parent``: a delegated version 2 directory to use first.
    Returns (JobGroup or None, [reasons why something is not in force]).
    """
    found, own = mounts(), own_groups()
    problems = []
    if any(limits.get(key) for key in ('memoryBytes', 'pids', 'cpuCount')):
        parents = [parent] if parent else []
        if found['v2']:
            here = os.path.join(found['v2'], own.get('v2', ''))
            parents += [here, os.path.dirname(here.rstrip('/'))] if own.get('v2') else [here]
        if parents:
            group, problems = _create_v2(name, limits, parents)
            if group:
                return group, problems
    if any(controller in found for controller in CONTROLLERS):
        group, more = _create_v1(name, limits, found, own)
        return group, more if group else problems + more
    return None, problems or ['no cgroup hierarchy is mounted']


def find(name, parent=None):
    """The groups of an attempt whose wrapper was killed, as far as they are left; None when there are none."""
    found, own = mounts(), own_groups()
    group = JobGroup('v2' if found['v2'] else 'v1')
    here = os.path.join(found['v2'], own.get('v2', '')) if found['v2'] else None
    places = [parent, here, os.path.dirname(here.rstrip('/')) if here else None]
    places += [os.path.join(found[c], own.get(c, '')) for c in CONTROLLERS + ('cpuacct',) if c in found]
    for place in places:
        path = os.path.join(place, name) if place else None
        if path and os.path.isdir(path):
            group.paths[path] = path
    return group if group.paths else None
