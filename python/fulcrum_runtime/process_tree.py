"""Finding, signalling and measuring every process of a job through /proc.

The wrapper makes itself a *child subreaper*: a grandchild that calls ``setsid`` and loses its
parent is handed to the wrapper instead of to init, so the tree below the wrapper is complete.
"""

import ctypes
import os
import signal
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1
CLOCK_TICKS = os.sysconf('SC_CLK_TCK')
PAGE_BYTES = os.sysconf('SC_PAGE_SIZE')


class ProcessStat:
    """One process: pid, parent, state letter, CPU seconds, start time in ticks since boot, resident bytes."""

    __slots__ = ('pid', 'parent', 'state', 'cpu_seconds', 'start_ticks', 'resident_bytes')

    def __init__(self, pid, fields):
        self.pid = pid
        self.state = fields[0]
        self.parent = int(fields[1])
        self.cpu_seconds = (int(fields[11]) + int(fields[12])) / CLOCK_TICKS
        self.start_ticks = int(fields[19])
        self.resident_bytes = int(fields[21]) * PAGE_BYTES

    @property
    def key(self):
        """pid and start time together: pids repeat, this pair does not."""
        return (self.pid, self.start_ticks)


def _prctl(option, value):
    try:
        return ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0
    except (OSError, AttributeError):
        return False


def become_subreaper():
    """Adopt orphaned descendants of this process; False where the kernel has no such call."""
    return _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent():
    """Ask for SIGKILL when the *thread* that started this process ends (call between fork and exec)."""
    return _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def obey_permissions():
    """Take away root's right to write what permission bits protect, for programs started from here (between fork and exec)."""
    return os.getuid() != 0 or _prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)


def make_read_only(directories):
    """Remove the write bits below directories of our own; links to stored content have none."""
    for directory in directories:
        for folder, _, names in os.walk(directory, topdown=False):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    os.chmod(path, os.stat(path).st_mode & ~0o222)
            os.chmod(folder, os.stat(folder).st_mode & ~0o222)


def read_stat(pid):
    """ProcessStat of a pid, or None when there is no such process."""
    try:
        with open('/proc/%d/stat' % pid, 'rb') as stream:
            text = stream.read().decode('ascii', 'replace')
    except OSError:
        return None
    # The command name stands in parentheses and may hold blanks and parentheses itself.
    return ProcessStat(pid, text[text.rindex(')') + 2:].split())


def all_processes():
    """Every process this one can see, as {pid: ProcessStat}."""
    found = {}
    for name in os.listdir('/proc') if os.path.isdir('/proc') else []:
        if name.isdigit():
            stat = read_stat(int(name))
            if stat is not None:
                found[stat.pid] = stat
    return found


def descendants(root_pid, processes=None):
    """All living processes below ``root_pid`` (not itself), nearest first."""
    processes = all_processes() if processes is None else processes
    children = {}
    for stat in processes.values():
        children.setdefault(stat.parent, []).append(stat)
    result, waiting = [], [root_pid]
    while waiting:
        for stat in children.get(waiting.pop(0), []):
            if stat.state != 'Z':
                result.append(stat)
            waiting.append(stat.pid)
    return result


def send(stat, number):
    """Signal a process if it is still the one that was seen; False when it is gone."""
    now = read_stat(stat.pid)
    if now is None or now.start_ticks != stat.start_ticks:
        return False
    try:
        os.kill(stat.pid, number)
        return True
    except (ProcessLookupError, PermissionError):
        return False


def reap_orphans(own_children):
    """Collect adopted zombies, leaving the children in ``own_children`` to their owner."""
    me = os.getpid()
    for stat in all_processes().values():
        if stat.parent == me and stat.state == 'Z' and stat.pid not in own_children:
            try:
                os.waitpid(stat.pid, os.WNOHANG)
            except ChildProcessError:
                pass


def kill_descendants(root_pid, deadline_seconds=10.0, own_children=()):
    """SIGKILL everything below ``root_pid`` until nothing is left; True when the tree is empty."""
    deadline = time.monotonic() + deadline_seconds
    while True:
        left = descendants(root_pid)
        if not left:
            return True
        for stat in left:
            send(stat, signal.SIGKILL)
        reap_orphans(set(own_children))
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)


def processes_with_environment(marker):
    """Processes whose initial environment holds ``NAME=value`` (finds strays of a wrapper that was killed)."""
    wanted, found = marker.encode('utf-8'), []
    for stat in all_processes().values():
        try:
            with open('/proc/%d/environ' % stat.pid, 'rb') as stream:
                if wanted in stream.read().split(b'\0'):
                    found.append(stat)
        except OSError:
            continue
    return found


def processes_writing_below(directory):
    """Processes whose standard output or error goes to a file below ``directory``; readers of it are none of them."""
    inside, found = os.path.realpath(directory).rstrip('/') + '/', []
    for stat in all_processes().values():
        for number in (1, 2):
            try:
                if os.readlink('/proc/%d/fd/%d' % (stat.pid, number)).startswith(inside):
                    found.append(stat)
                    break
            except OSError:
                continue
    return found


def host_oom_kills():
    """How many processes the kernel of this host has killed for lack of memory since boot; None where it does not count."""
    try:
        with open('/proc/vmstat') as stream:
            for line in stream:
                if line.startswith('oom_kill '):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return None


class TreeMeter:
    """CPU seconds and resident bytes of the tree below a process, counting processes that have ended."""

    def __init__(self, root_pid):
        self.root_pid = root_pid
        self.seen = {}

    def sample(self):
        """(CPU seconds so far, resident bytes now)."""
        resident = 0
        for stat in descendants(self.root_pid):
            self.seen[stat.key] = max(self.seen.get(stat.key, 0.0), stat.cpu_seconds)
            resident += stat.resident_bytes
        return sum(self.seen.values()), resident
