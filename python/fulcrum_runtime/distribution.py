"""The ranks of a distributed attempt: how many, what each is told, and how MPI starts them.

``spec.distribution``: ``{type: pytorch | mpi | tensorflow | ray, instanceCount, processesPerInstance, workerCount?,
parameterServerCount?, includeDashboard?, headNodeAdditionalArgs?}``, or nothing for plain processes. The "instances" are groups of processes of this one host.
"""

import json
import os
import shutil
import socket

HOST = '127.0.0.1'
# Runs once per rank below mpirun: its lines go to a file of their own, its exit code is kept for the record.
MPI_RANK = ('rank=${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-${PMIX_RANK:-0}}}; '
            'local=${OMPI_COMM_WORLD_LOCAL_RANK:-${MPI_LOCALRANKID:-$((rank %% %(per_instance)d))}}; '
            'export RANK=$rank LOCAL_RANK=$local WORLD_SIZE=%(size)d NODE_RANK=$((rank / %(per_instance)d)); '
            'log=$(printf "%%s/std_log_process_%%02d.txt" "$FULCRUM_LOG_DIRECTORY" "$rank"); '
            '%(shell)s -c "$FULCRUM_COMMAND" >>"$log" 2>&1; code=$?; '
            'echo $code >"$FULCRUM_RANK_DIRECTORY/$rank"; exit $code')


def free_ports(count):
    """``count`` different free ports of the loopback interface; held together while they are chosen, then released."""
    held = []
    try:
        for _ in range(count):
            found = socket.socket()
            held.append(found)
            found.bind((HOST, 0))
        return [found.getsockname()[1] for found in held]
    finally:
        for found in held:
            found.close()


def log_name(process_count, rank):
    """Azure's log names: one file for a single process, one per rank otherwise."""
    return 'std_log.txt' if process_count == 1 else 'std_log_process_%02d.txt' % rank


class Ranks:
    """What the ranks of one attempt are told. Ports are chosen once, so that all ranks agree."""

    def __init__(self, settings, process_count):
        settings = settings or {}
        self.kind = settings.get('type')
        self.count = process_count
        self.per_instance = max(1, int(settings.get('processesPerInstance') or process_count))
        self.parameter_servers = int(settings.get('parameterServerCount') or 0) if self.kind == 'tensorflow' else 0
        self.settings = settings
        self.ports = []

    @property
    def is_distributed(self):
        """Whether processes are told of each other; TensorFlow and MPI programs look even when they are alone."""
        return self.count > 1 or self.kind is not None

    def choose_ports(self):
        """One port for rendezvous, or one per task of TensorFlow."""
        if self.is_distributed and not self.ports:
            self.ports = free_ports(self.count if self.kind == 'tensorflow' else 1)

    def variables(self, rank):
        """The environment variables of one rank; None = of all of them together, for mpirun."""
        if not self.is_distributed or not self.ports:
            return {}
        if self.kind == 'ray':
            return {'RAY_ADDRESS': '%s:%d' % (HOST, self.ports[0]), 'RAY_USAGE_STATS_ENABLED': '0'}
        if rank is None:
            return {'MASTER_ADDR': HOST, 'MASTER_PORT': str(self.ports[0])}
        local = rank % self.per_instance
        found = {'MASTER_ADDR': HOST, 'MASTER_PORT': str(self.ports[0]), 'NODE_RANK': str(rank // self.per_instance), 'RANK': str(rank),
                 'LOCAL_RANK': str(local), 'WORLD_SIZE': str(self.count), 'LOCAL_WORLD_SIZE': str(min(self.per_instance, self.count))}
        if self.kind == 'tensorflow':
            found['TF_CONFIG'] = json.dumps(self.tensorflow_cluster(rank), separators=(',', ':'))
        if self.kind == 'mpi':
            found.update({'OMPI_COMM_WORLD_RANK': str(rank), 'OMPI_COMM_WORLD_SIZE': str(self.count),
                          'OMPI_COMM_WORLD_LOCAL_RANK': str(local), 'OMPI_COMM_WORLD_LOCAL_SIZE': found['LOCAL_WORLD_SIZE'],
                          'OMPI_COMM_WORLD_NODE_RANK': str(local), 'OMPI_UNIVERSE_SIZE': str(self.count)})
        return found

    def command(self, command):
        """The command of a rank; for Ray after a head node of its own, which ends with the job."""
        if self.kind != 'ray':
            return command
        start = ['env -u RAY_ADDRESS ray start --head --node-ip-address=%s --port=%d' % (HOST, self.ports[0]),
                 '--include-dashboard=%s' % ('true' if self.settings.get('includeDashboard') else 'false'),
                 str(self.settings.get('headNodeAdditionalArgs') or '')]
        return '%s || exit\n%s' % (' '.join(start).strip(), command)

    def tensorflow_cluster(self, rank):
        """TF_CONFIG as a dict: workers come first in the order of ranks, parameter servers last."""
        addresses = ['%s:%d' % (HOST, port) for port in self.ports]
        workers = self.count - self.parameter_servers
        cluster = {'worker': addresses[:workers]}
        if self.parameter_servers:
            cluster['ps'] = addresses[workers:]
        kind, index = ('worker', rank) if rank < workers else ('ps', rank - workers)
        return {'cluster': cluster, 'task': {'type': kind, 'index': index}, 'environment': 'cloud'}


def find_mpirun(search_path):
    """mpirun (or mpiexec) on the job's own PATH, or None."""
    return shutil.which('mpirun', path=search_path) or shutil.which('mpiexec', path=search_path)


def mpi_variables(command, log_directory, rank_directory):
    """What mpirun's ranks read besides the job's own variables; the command travels so that no quoting can break it."""
    return {'FULCRUM_COMMAND': command, 'FULCRUM_LOG_DIRECTORY': log_directory, 'FULCRUM_RANK_DIRECTORY': rank_directory,
            # Several ranks per core, as root in a sandbox, on this host alone: said to Open MPI 4 and 5; MPICH ignores it.
            'OMPI_ALLOW_RUN_AS_ROOT': '1', 'OMPI_ALLOW_RUN_AS_ROOT_CONFIRM': '1',
            'OMPI_MCA_rmaps_base_oversubscribe': '1', 'PRTE_MCA_rmaps_default_mapping_policy': ':oversubscribe',
            'PRTE_ALLOW_RUN_AS_ROOT': '1', 'PRTE_ALLOW_RUN_AS_ROOT_CONFIRM': '1',
            'OMPI_MCA_plm_rsh_agent': '/bin/false', 'PRTE_MCA_plm_ssh_agent': '/bin/false',
            'HYDRA_LAUNCHER': 'fork'}


def mpi_command(program, shell, ranks):
    """The command line that starts all ranks by MPI."""
    script = MPI_RANK % {'per_instance': ranks.per_instance, 'size': ranks.count, 'shell': shell}
    return [program, '-n', str(ranks.count), shell, '-c', script]


def failed_rank(rank_directory):
    """(rank, exit code) of the rank that failed first below mpirun, or None."""
    found = []
    for name in os.listdir(rank_directory) if os.path.isdir(rank_directory) else []:
        path = os.path.join(rank_directory, name)
        with open(path, encoding='ascii', errors='replace') as stream:
            text = stream.read().strip()
        # 143: ended because another one failed.
        if name.isdigit() and text.isdigit() and int(text) not in (0, 143):
            found.append((os.stat(path).st_mtime_ns, int(name), int(text)))
    return min(found)[1:] if found else None
