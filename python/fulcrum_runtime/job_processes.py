"""Starting and stopping the user processes (ranks) of one attempt, sandboxed or not."""

import json
import math
import os
import resource
import shutil
import signal
import subprocess

from . import distribution, process_tree, sandbox

# What a job inherits from the wrapper; everything else comes from the spec.
INHERITED = ('PATH', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'SSL_CERT_FILE', 'SSL_CERT_DIR')
DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


def shell_command(command):
    """argv that runs ``command`` in bash (else sh).

    The trap keeps the shell alive while its foreground child handles SIGTERM: without it the shell,
    and with it the pid namespace, would end at once and take the grace period away; it also keeps
    the next command of a ``;`` list from starting after a cancel.
    """
    shell = shutil.which('bash') or '/bin/sh'
    return [shell, '-c', "trap 'exit 143' TERM; " + command]


def job_environment(spec, rank, sandboxed):
    """The environment of one rank: inherited basics, private HOME and TMPDIR, rank variables, then the spec's."""
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    temporary = '/tmp' if sandboxed else os.path.join(spec.attempt_directory, 'tmp')
    environment.setdefault('PATH', DEFAULT_PATH)
    environment.setdefault('LANG', 'C.UTF-8')
    environment.update({'HOME': os.path.join(temporary, 'home'), 'TMPDIR': temporary, 'PYTHONUNBUFFERED': '1',
                        'FULCRUM_ATTEMPT_TOKEN': spec.token})
    if spec.limits.get('cpuCount'):
        # Libraries count the host's processors, not the quota, and would start too many threads.
        environment['OMP_NUM_THREADS'] = str(max(1, math.ceil(float(spec.limits['cpuCount']) / spec.process_count)))
    environment.update(spec.ranks.variables(rank))
    environment.update(spec.environment)
    if spec.python_bin_directory:
        environment['PATH'] = spec.python_bin_directory + os.pathsep + environment['PATH']
        environment.setdefault('VIRTUAL_ENV', os.path.dirname(spec.python_bin_directory))
    return environment


class JobProcess:
    """One rank. ``exit_code``: shell convention (128 + signal), None while running."""

    def __init__(self, rank, log_path):
        self.rank = rank
        self.log_path = log_path
        self.process = None
        self.status_descriptor = None
        self.status_text = b''
        self.init_pid = None
        self.exit_code = None

    def read_status(self):
        """Take in what bubblewrap reports; False at its end."""
        chunk = os.read(self.status_descriptor, 65536)
        self.status_text += chunk
        for line in self.status_text.split(b'\n'):
            try:
                report = json.loads(line.decode('utf-8'))
            except ValueError:
                continue
            self.init_pid = report.get('child-pid', self.init_pid)
        return bool(chunk)

    def drain_status(self):
        """Take in what is left after the process has ended (a quick job ends before the loop comes round)."""
        if self.status_descriptor is not None:
            os.set_blocking(self.status_descriptor, False)
            try:
                while self.read_status():
                    pass
            except BlockingIOError:
                pass
            self.close_status()

    def close_status(self):
        """Close our end of the status pipe (idempotent)."""
        if self.status_descriptor is not None:
            os.close(self.status_descriptor)
            self.status_descriptor = None

    def poll(self):
        """The exit code once the process has ended, else None."""
        if self.exit_code is None and self.process is not None:
            code = self.process.poll()
            if code is not None:
                self.exit_code = 128 - code if code < 0 else code
        return self.exit_code

    def user_processes(self):
        """The user's processes: below the namespace's init when sandboxed, else the shell and all below it."""
        if self.process is None or self.poll() is not None:
            return []
        if self.status_descriptor is not None or self.init_pid is not None:
            return process_tree.descendants(self.init_pid) if self.init_pid else []
        top = process_tree.read_stat(self.process.pid)
        return ([top] if top else []) + process_tree.descendants(self.process.pid)


class Launcher:
    """Starts the ranks of a spec with the isolation found (``capability`` None = no sandbox)."""

    def __init__(self, spec, capability, group, use_rlimits):
        self.spec = spec
        self.capability = capability
        self.group = group
        self.use_rlimits = use_rlimits
        self.temporary = os.path.join(spec.attempt_directory, 'tmp')
        self.rank_directory = os.path.join(self.temporary, 'ranks')
        self.mpirun = None

    def prepare(self):
        """Make the directories that the job may write, choose ports, and find what starts the ranks."""
        spec = self.spec
        writable = [spec.work_directory] + spec.output_directories
        for path in writable + [spec.log_directory, os.path.join(self.temporary, 'home'), self.rank_directory]:
            os.makedirs(path, exist_ok=True)
        for folder in spec.work_folders:
            # A file of that name in the code stays what it is.
            if not os.path.lexists(os.path.join(spec.work_directory, folder)):
                os.mkdir(os.path.join(spec.work_directory, folder))
        os.chmod(self.temporary, 0o700)
        if self.capability is None:
            process_tree.make_read_only([path for path in spec.read_only_paths if path.startswith(spec.attempt_directory + os.sep)])
        spec.ranks.choose_ports()
        if spec.ranks.kind == 'mpi' and spec.process_count > 1:
            self.mpirun = distribution.find_mpirun(job_environment(spec, None, False)['PATH'])

    def process_count(self):
        """How many processes are started here; the ranks of an MPI job are mpirun's."""
        return 1 if self.mpirun else self.spec.process_count

    def describe(self):
        """How the ranks are started, for the records; None for a single process."""
        ranks = self.spec.ranks
        if not ranks.is_distributed:
            return None
        return {'type': ranks.kind or 'processes', 'processes': ranks.count, 'instances': -(-ranks.count // ranks.per_instance),
                'launcher': self.mpirun or 'fulcrum'}

    def hidden_paths(self):
        """What is masked in the sandbox."""
        return self.spec.hidden_paths + sandbox.hidden_by_default()

    def _sandbox_arguments(self):
        read_only = list(self.spec.read_only_paths)
        if self.spec.python_bin_directory:
            read_only.append(os.path.dirname(self.spec.python_bin_directory))
        # The ranks of mpirun write their own logs.
        writable = [self.spec.work_directory] + self.spec.output_directories + [self.spec.log_directory] * bool(self.mpirun)
        return sandbox.build_arguments(self.capability, self.spec.network, self.temporary, self.hidden_paths(),
                                       read_only, writable, self.spec.devices, self.spec.work_directory)

    def _enter(self):
        # Between fork and exec, on the main thread: the wrapper has no other threads.
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        if self.capability is None:
            process_tree.die_with_parent()
            # The sandbox drops all capabilities; without it at least permission bits (of mounted inputs) bind root as well.
            process_tree.obey_permissions()
        if self.group:
            self.group.enter()
        if self.use_rlimits and self.spec.limits.get('memoryBytes'):
            # RLIMIT_DATA, not RLIMIT_AS: mapped files and reserved address space do not count.
            limit = int(self.spec.limits['memoryBytes'])
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    def start(self, rank):
        """Start one rank, or mpirun with all of them; raises OSError when it cannot be started at all."""
        spec, sandboxed = self.spec, self.capability is not None
        if self.mpirun:
            return self._start_mpirun(sandboxed)
        name = distribution.log_name(spec.process_count, rank)
        return self.spawn(JobProcess(rank, os.path.join(spec.log_directory, name)), shell_command(spec.ranks.command(spec.command)),
                          job_environment(spec, rank, sandboxed))

    def _start_mpirun(self, sandboxed):
        spec = self.spec
        environment = job_environment(spec, None, sandboxed)
        ranks = os.path.join(environment['TMPDIR'], 'ranks')
        environment.update(distribution.mpi_variables(spec.command, spec.log_directory, ranks))
        # Not a rank's log: clients print every file whose name begins with std_log.
        job = JobProcess(0, os.path.join(spec.log_directory, 'mpirun.txt'))
        return self.spawn(job, distribution.mpi_command(self.mpirun, shell_command('')[0], spec.ranks), environment)

    def spawn(self, job, command, environment):
        """Start a process of the attempt, in the sandbox where there is one; raises OSError."""
        spec, passed, write_end = self.spec, (), None
        if self.capability:
            job.status_descriptor, write_end = os.pipe()
            command = self._sandbox_arguments() + ['--json-status-fd', str(write_end), '--'] + command
            passed = (write_end,)
        log = os.open(job.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            job.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=spec.work_directory, pass_fds=passed,
                env=environment, start_new_session=True, preexec_fn=self._enter)
        except OSError:
            job.close_status()
            raise
        finally:
            os.close(log)
            if write_end is not None:
                os.close(write_end)
        return job
