"""The job wrapper: ``python3 -m fulcrum_runtime.runner <attempt-directory>/spec.json``.

One per job attempt, started detached by the engine and independent of it afterwards. Members of the
spec: ``runner_spec``. Files it writes:

- ``exitPath`` (durable, atomic, last): {token, attempt, exitCode, signal, reason, message, startedAt, endedAt,
  maxRssBytes, userSeconds, systemSeconds, oomKilled, isolation{…}, lastLogLines[≤ 20]}; ``reason`` is completed, failed,
  canceled, timeout, killed (SIGKILL by nobody of ours while the host had memory), out-of-memory,
  isolation-unavailable, invalid-spec, start-failed or internal.
- ``statusPath``: {token, attempt, state: starting|running|stopping|exited, runnerPid, runnerStartTicks, …, isolation}.
- ``heartbeatPath`` each second; ``<logDir>/../metrics.jsonl`` (``system_metrics``) every 5 s.

SIGTERM or SIGINT: SIGTERM to the user's processes, grace, then SIGKILL to the whole tree.
Exit status: 0 record written or already there, 2 spec unusable and no place for a record, 75 already running.
``--reap spec.json`` instead kills what an attempt whose wrapper was itself killed has left behind.
"""

import fcntl
import os
import re
import resource
import selectors
import shutil
import signal
import sys
import time
import traceback
from datetime import datetime, timezone

from . import cgroups, distribution, files, process_tree, runner_spec, sandbox, system_metrics
from .job_processes import Launcher
from .services import Services

TICK_SECONDS = 1.0
LAST_LINES = 20
ALREADY_RUNNING = 75
REAP_ROUNDS = 100
KILLED = 128 + int(signal.SIGKILL)
SIGNAL_CODES = {128 + n: s.name for s in signal.Signals for n in [int(s)]
                if s.name in ('SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL',
                              'SIGSEGV', 'SIGPIPE', 'SIGTERM', 'SIGXCPU', 'SIGXFSZ')}


class StartRefused(Exception):
    """The job must not or cannot start: (reason, message)."""

    def __init__(self, reason, message):
        super().__init__(message)
        self.reason = reason
        self.message = message


def now_text():
    """The time as ISO 8601 UTC with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def group_name(token):
    """The control group's name for a token."""
    return 'fulcrum-' + re.sub(r'[^A-Za-z0-9._-]', '_', token)


class Runner:
    """The life of one attempt; single-threaded on purpose (parent-death signals follow the thread)."""

    def __init__(self, spec):
        self.spec = spec
        self.jobs = []
        self.group = None
        self.started_at = now_text()
        self.stop_reason = None
        self.stop_message = None
        self.watch_memory = False
        self.kill_at = None
        self.termed = False
        self.launched = None
        self.launcher = None
        self.services = Services(spec)
        self.oom_killed = False
        self.host_oom_kills = process_tree.host_oom_kills()
        self.peak_bytes = 0
        self.state = 'starting'
        self.meter = process_tree.TreeMeter(os.getpid())
        self.last_sample = None
        self.recorder = system_metrics.Recorder(
            os.path.join(os.path.dirname(spec.log_directory.rstrip('/')), 'metrics.jsonl'), spec.limits,
            spec.environment.get('CUDA_VISIBLE_DEVICES'))
        self.selector = selectors.DefaultSelector()
        self.isolation = {'requested': spec.isolation, 'mode': 'none', 'network': 'host', 'limits': {}, 'reasons': []}

    # ---- records

    def identity(self):
        """What the engine needs to recognise this wrapper after its own restart."""
        stat = process_tree.read_stat(os.getpid())
        return {'token': self.spec.token, 'attempt': self.spec.attempt, 'runnerPid': os.getpid(),
                'runnerStartTicks': stat.start_ticks if stat else None}

    def write_status(self, state):
        """Announce a state in statusPath."""
        self.state = state
        pids = [stat.pid for job in self.jobs for stat in job.user_processes()[:1]]
        files.write_json_atomically(self.spec.status_path, dict(
            self.identity(), state=state, startedAt=self.started_at, at=now_text(), userPids=pids,
            stopReason=self.stop_reason, isolation=self.isolation, services=self.services.records()), durable=False)

    def note(self, text):
        """Add a line of ours to the job's log, so that its reader learns why it ended."""
        for job in self.jobs[:1]:
            with open(job.log_path, 'a', encoding='utf-8') as stream:
                stream.write('fulcrum: %s\n' % text)

    def write_exit(self, exit_code, reason, message):
        """The exit record; retried for a while, because a full disk must not lose the outcome."""
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        record = {
            'token': self.spec.token, 'attempt': self.spec.attempt, 'exitCode': exit_code,
            'signal': SIGNAL_CODES.get(exit_code), 'reason': reason, 'message': message,
            'startedAt': self.started_at, 'endedAt': now_text(),
            'maxRssBytes': max(self.peak_bytes, usage.ru_maxrss * 1024 if self.jobs else 0),
            'userSeconds': round(usage.ru_utime, 3), 'systemSeconds': round(usage.ru_stime, 3),
            'oomKilled': self.oom_killed, 'isolation': self.isolation,
            'distribution': self.launcher.describe() if self.launcher else None,
            'lastLogLines': self.last_lines(),
        }
        for left in range(30, -1, -1):
            try:
                files.write_json_atomically(self.spec.exit_path, record, durable=True)
                return
            except OSError:
                if left == 0:
                    raise
                time.sleep(1)

    def last_lines(self):
        """The end of the log of the first rank that failed by itself, else of the first rank."""
        failed = distribution.failed_rank(self.launcher.rank_directory) if self.launcher and self.launcher.mpirun else None
        if failed:
            name = distribution.log_name(self.spec.process_count, failed[0])
            return files.tail_lines(os.path.join(self.spec.log_directory, name), LAST_LINES)
        order = sorted(self.jobs, key=lambda job: (job.exit_code in (None, 0, 143), job.rank))
        return files.tail_lines(order[0].log_path, LAST_LINES) if order else []

    # ---- start

    def find_isolation(self):
        """Probe, decide and record the isolation; returns the sandbox capability or None."""
        spec, capability = self.spec, None
        if spec.isolation != 'none':
            capability, reasons = sandbox.probe(spec.network)
            self.isolation['reasons'] += reasons if capability is None else []
            if capability is None and spec.isolation == 'required':
                raise StartRefused('isolation-unavailable',
                                   'isolation "required", but this host cannot sandbox: %s' % '; '.join(reasons))
        if capability:
            self.isolation.update({
                'mode': 'bubblewrap', 'version': capability['version'], 'network': spec.network,
                'namespaces': ['mount', 'pid', 'ipc', 'uts'] + ['net'] * (spec.network == 'none')
                + ['user'] * capability['userNamespace'], 'privateProc': capability['privateProc'],
                'readOnlyRoot': True, 'privateTmp': True})
        elif spec.network == 'none':
            raise StartRefused('isolation-unavailable', 'network "none" needs the sandbox: %s' % (
                '; '.join(self.isolation['reasons']) or 'isolation is "none"'))
        return capability

    def find_limits(self):
        """Create the control group; returns True when memory must be watched by the wrapper instead."""
        self.group, problems = cgroups.create(group_name(self.spec.token), self.spec.limits, self.spec.cgroup_parent)
        in_force = dict(self.group.limits) if self.group else {}
        wanted = {'memoryBytes': 'memory', 'pids': 'pids', 'cpuCount': 'cpu'}
        missing = [name for key, name in wanted.items() if self.spec.limits.get(key) and name not in in_force]
        use_rlimits = 'memory' in missing
        if use_rlimits:
            in_force['memory'] = 'rlimit-and-watch'
        for name in missing:
            in_force.setdefault(name, 'not-in-force')
        if missing:
            self.isolation['reasons'] += problems
        self.isolation['limits'] = in_force
        self.isolation['cgroup'] = self.group.version if self.group else 'none'
        return use_rlimits

    def launch(self):
        """Start every rank."""
        capability = self.find_isolation()
        self.watch_memory = self.find_limits()
        launcher = Launcher(self.spec, capability, self.group, self.watch_memory)
        try:
            launcher.prepare()
            if capability:
                self.isolation['hiddenPaths'] = len(launcher.hidden_paths())
            for rank in range(launcher.process_count()):
                job = launcher.start(rank)
                self.jobs.append(job)
                if job.status_descriptor is not None:
                    self.selector.register(job.status_descriptor, selectors.EVENT_READ, job)
        except OSError as error:
            raise StartRefused('start-failed', 'cannot start the job process: %s' % error)
        self.launched = time.monotonic()
        self.launcher = launcher
        if self.spec.ranks.kind == 'mpi' and launcher.process_count() > 1:
            self.note('there is no mpirun in the environment of this job: its %d processes were started by themselves, with the '
                      'variables of Open MPI' % self.spec.process_count)
        for problem in self.services.start(launcher):
            self.note(problem)

    # ---- while running

    def request_stop(self, reason, message):
        """Begin to stop, once; a first reason stays."""
        if self.stop_reason is None:
            self.stop_reason, self.stop_message = reason, message
            self.kill_at = time.monotonic() + self.spec.grace_seconds

    def advance_stop(self):
        """SIGTERM once to what runs, SIGKILL to everything when the grace has passed."""
        if not self.termed:
            targets = [stat for job in self.jobs for stat in job.user_processes()]
            if targets:
                self.termed = True
                self.write_status('stopping')
                self.note('stopping (%s): %s' % (self.stop_reason, self.stop_message))
                for stat in targets:
                    process_tree.send(stat, signal.SIGTERM)
        if time.monotonic() >= self.kill_at:
            self.kill_everything()

    def kill_everything(self):
        """SIGKILL through the control group and the process tree; True when nothing of the job is left."""
        if self.group:
            self.group.kill()
        return process_tree.kill_descendants(os.getpid(), own_children=self.own_children())

    def own_children(self):
        """Processes whose end is somebody's here to collect."""
        ours = self.jobs + self.services.processes()
        return {job.process.pid for job in ours} | {process.pid for process in self.recorder.gpus.processes()}

    def sample(self):
        """Measure, beat, and enforce the memory limit where no control group does."""
        cpu_seconds, resident = self.meter.sample()
        counted = self.group.cpu_seconds() if self.group else None
        cpu_seconds = cpu_seconds if counted is None else counted
        now = time.monotonic()
        percent = 0.0
        if self.last_sample and now > self.last_sample[0]:
            percent = max(0.0, 100.0 * (cpu_seconds - self.last_sample[1]) / (now - self.last_sample[0]))
        self.last_sample = (now, cpu_seconds)
        self.peak_bytes = max(self.peak_bytes, resident)
        point = {'t': round(time.time(), 3), 'cpuPercent': round(percent, 1), 'memoryBytes': resident}
        self.recorder.sample(cpu_seconds, resident)
        try:
            files.write_json_atomically(self.spec.heartbeat_path, dict(self.identity(), state=self.state, **point), durable=False)
        except OSError as error:
            # A full disk must not end a job that may still succeed; the missing beat shows the trouble.
            sys.stderr.write('fulcrum: heartbeat not written: %s\n' % error)
        limit = self.spec.limits.get('memoryBytes')
        if self.watch_memory and limit and resident > limit and not self.oom_killed:
            self.oom_killed = True
            self.request_stop('out-of-memory', 'the job used %d bytes, its limit is %d' % (resident, limit))
            self.kill_at = time.monotonic()

    def wait(self):
        """Until every rank has ended."""
        next_sample = time.monotonic()
        # A list, not a generator: every rank is asked, or the end of a later one would go unseen while the first runs.
        while None in [job.poll() for job in self.jobs]:
            failed = [job for job in self.jobs if job.exit_code]
            if failed and len(self.jobs) > 1:
                self.request_stop('failed', 'process %d ended with code %d' % (failed[0].rank, failed[0].exit_code))
            limit = self.spec.timeout_seconds
            if limit is not None and time.monotonic() - self.launched >= limit:
                self.request_stop('timeout', 'the time limit of %g s was reached' % limit)
            if self.stop_reason:
                self.advance_stop()
            if time.monotonic() >= next_sample:
                self.sample()
                process_tree.reap_orphans(self.own_children())
                if self.services.poll():
                    self.write_status(self.state)
                next_sample = time.monotonic() + TICK_SECONDS
            self.wait_for_event(next_sample)

    def wait_for_event(self, next_sample):
        """Sleep until a signal, news from bubblewrap, or the next thing due."""
        due = [next_sample]
        if self.spec.timeout_seconds is not None and not self.stop_reason:
            due.append(self.launched + self.spec.timeout_seconds)
        if self.kill_at is not None:
            due.append(self.kill_at if self.termed else time.monotonic() + 0.02)
        for key, _ in self.selector.select(max(0.0, min(due) - time.monotonic())):
            if key.data is None:
                os.read(key.fd, 4096)
            elif not key.data.read_status():
                self.selector.unregister(key.fd)
                key.data.close_status()
            elif self.state == 'starting':
                self.write_status('running')

    def finish(self):
        """Kill strays, decide reason and exit code, write the record."""
        empty = self.kill_everything()
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        counted = self.group.cpu_seconds() if self.group else None
        self.recorder.finish(max(spent.ru_utime + spent.ru_stime, counted or 0.0), max(self.peak_bytes, spent.ru_maxrss * 1024))
        if self.group:
            self.oom_killed = self.oom_killed or self.group.oom_kills() > 0
            self.group.remove()
        if not empty:
            self.isolation['reasons'].append('some processes could not be killed')
        for job in self.jobs:
            job.drain_status()
        codes = [job.exit_code for job in self.jobs]
        code = next((c for c in codes if c and c != 143), next((c for c in codes if c), 0))
        reason, message = self.stop_reason, self.stop_message
        if self.isolation['mode'] == 'bubblewrap' and not any(job.init_pid for job in self.jobs) and reason is None:
            reason, message = 'start-failed', 'the sandbox did not start; see the last log lines'
        elif reason is None and self.oom_killed and code:
            reason, message = 'out-of-memory', 'the kernel ended the job for its memory limit'
        elif reason is None and code == KILLED:
            reason, message = self.why_killed()
        elif reason is None:
            reason = 'failed' if code else 'completed'
            message = 'the command ended with exit code %d' % code if code else None
        self.write_exit(code, reason, message)

    def why_killed(self):
        """Who sent SIGKILL to a job that nobody of ours stopped: the kernel for lack of memory, else somebody outside."""
        if self.host_oom_kills is None:
            return 'failed', 'the command was ended by SIGKILL, perhaps for lack of memory'
        if process_tree.host_oom_kills() != self.host_oom_kills:
            self.oom_killed = True
            return 'out-of-memory', 'the kernel ended the job because the host ran out of memory'
        return 'killed', 'the command was ended by SIGKILL from outside the platform; the host had memory left'

    def on_signal(self, number, _frame):
        """SIGTERM, SIGINT: cancel."""
        self.request_stop('canceled', 'a cancel was requested (%s)' % signal.Signals(number).name)

    def run(self):
        """The whole life; always leaves an exit record."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        self.selector.register(wake_read, selectors.EVENT_READ, None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self.on_signal)
        signal.signal(signal.SIGINT, self.on_signal)
        process_tree.become_subreaper()
        try:
            self.write_status('starting')
            if self.stop_reason:
                raise StartRefused(self.stop_reason, self.stop_message)
            self.launch()
            if self.isolation['mode'] == 'none':
                self.write_status('running')
            self.wait()
            self.finish()
        except StartRefused as refused:
            self.kill_everything()
            self.write_exit(None, refused.reason, refused.message)
        except Exception:
            self.kill_everything()
            self.write_exit(None, 'internal', traceback.format_exc())
        shutil.rmtree(os.path.join(self.spec.attempt_directory, 'tmp'), ignore_errors=True)
        self.write_status('exited')


def write_spec_failure(raw, message):
    """An exit record for a spec that names at least its exitPath and token; False when it does not."""
    if not isinstance(raw, dict) or not isinstance(raw.get('exitPath'), str):
        return False
    stamp = now_text()
    files.write_json_atomically(raw['exitPath'], {
        'token': raw.get('token'), 'attempt': raw.get('attempt'), 'exitCode': None, 'signal': None, 'reason': 'invalid-spec',
        'message': message, 'startedAt': stamp, 'endedAt': stamp, 'maxRssBytes': 0, 'userSeconds': 0, 'systemSeconds': 0,
        'oomKilled': False, 'isolation': {}, 'lastLogLines': []}, durable=True)
    return True


def reap(spec):
    """Kill what an attempt left whose wrapper was killed itself; returns how many processes were found.

    They carry the attempt's token in their environment, write to its log, or sit in its control groups: each alone can be
    shed by a program (``env -i``, a redirect, ``setsid`` with a double fork), so all are asked, until nothing is found.
    """
    group, killed = cgroups.find(group_name(spec.token), spec.cgroup_parent), {}
    for _ in range(REAP_ROUNDS):
        strays = {stat.key: stat for stat in process_tree.processes_with_environment('FULCRUM_ATTEMPT_TOKEN=' + spec.token)}
        strays.update({stat.key: stat for stat in process_tree.processes_writing_below(spec.log_directory)})
        grouped = [process_tree.read_stat(pid) for pid in (group.processes() if group else ())]
        strays.update({stat.key: stat for stat in grouped if stat})
        for stat in list(strays.values()):
            strays.update({below.key: below for below in process_tree.descendants(stat.pid)})
        living = [stat for stat in strays.values() if stat.state != 'Z' and stat.pid != os.getpid()]
        if not living:
            break
        for stat in living:
            process_tree.send(stat, signal.SIGKILL)
            killed[stat.key] = stat
        time.sleep(0.02)
    if group:
        group.remove()
    return len(killed)


def main(arguments):
    """Entry point; see the module's docstring for exit statuses."""
    reaping = arguments[:1] == ['--reap']
    paths = arguments[1:] if reaping else arguments
    if len(paths) != 1:
        sys.stderr.write('usage: python3 -m fulcrum_runtime.runner [--reap] <attempt-directory>/spec.json\n')
        return 2
    spec, raw, problem = runner_spec.load(paths[0])
    if spec is None:
        sys.stderr.write('fulcrum: %s\n' % problem)
        return 0 if write_spec_failure(raw, problem) else 2
    if reaping:
        print(reap(spec))
        return 0
    lock = os.open(os.path.join(spec.attempt_directory, 'runner.lock'), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.stderr.write('fulcrum: attempt %s already has a running wrapper\n' % spec.token)
        return ALREADY_RUNNING
    earlier = files.read_json(spec.exit_path)
    if earlier and earlier.get('token') == spec.token:
        return 0
    if os.getpid() != os.getsid(0):
        try:
            os.setsid()
        except OSError:
            # Already a group leader: the starter has made a session or wants this one.
            pass
    Runner(spec).run()
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
