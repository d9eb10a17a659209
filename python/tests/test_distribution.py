"""Distributed attempts as real processes: variables of the ranks, logs, MPI, the end of all when one fails."""

import json
import os
import shutil
import tempfile
import unittest

from support import Attempt, read_text, wait_until


class Distribution(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix='attempt-')
        self.addCleanup(shutil.rmtree, self.directory, True)

    def attempt(self, command, **members):
        return Attempt(self.directory, command, **members)

    def test_distributed_ranks_get_their_variables_and_logs(self):
        attempt = self.attempt('echo "$RANK/$WORLD_SIZE $LOCAL_RANK $MASTER_ADDR"', processCount=2).start()
        self.assertEqual(attempt.finish()['exitCode'], 0)
        self.assertEqual(attempt.log('std_log_process_00.txt'), '0/2 0 127.0.0.1\n')
        self.assertEqual(attempt.log('std_log_process_01.txt'), '1/2 1 127.0.0.1\n')

    def test_instances_are_groups_of_processes(self):
        attempt = self.attempt('echo "$RANK $NODE_RANK $LOCAL_RANK $LOCAL_WORLD_SIZE/$WORLD_SIZE"', processCount=4,
                               distribution={'type': 'pytorch', 'instanceCount': 2, 'processesPerInstance': 2}).start()
        record = attempt.finish()
        self.assertEqual(record['distribution'], {'type': 'pytorch', 'processes': 4, 'instances': 2, 'launcher': 'fulcrum'})
        self.assertEqual([attempt.log('std_log_process_%02d.txt' % rank) for rank in range(4)],
                         ['0 0 0 2/4\n', '1 0 1 2/4\n', '2 1 0 2/4\n', '3 1 1 2/4\n'])

    def test_processes_meet_at_the_address_they_are_told(self):
        script = """
import os, socket
at = (os.environ['MASTER_ADDR'], int(os.environ['MASTER_PORT']))
if os.environ['RANK'] == '0':
    server = socket.create_server(at)
    found = sorted(server.accept()[0].recv(10).decode() for _ in range(2))
    print('met', found)
else:
    import time
    for _ in range(600):
        try:
            socket.create_connection(at).sendall(os.environ['RANK'].encode())
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
"""
        os.makedirs(os.path.join(self.directory, 'work'))
        with open(os.path.join(self.directory, 'work', 'meet.py'), 'w') as stream:
            stream.write(script)
        for isolation in ('none', 'best-effort'):
            attempt = self.attempt('python3 meet.py', processCount=3, isolation=isolation, distribution={'type': 'pytorch'}).start()
            self.assertEqual(attempt.finish(90)['exitCode'], 0)
            self.assertIn("met ['1', '2']", attempt.log('std_log_process_00.txt'))
            for name in ('exit.json', 'runner.lock'):
                os.unlink(attempt.path(name))

    def test_tensorflow_tasks_know_the_cluster_and_themselves(self):
        attempt = self.attempt('echo "$TF_CONFIG"', processCount=3,
                               distribution={'type': 'tensorflow', 'workerCount': 2, 'parameterServerCount': 1}).start()
        self.assertEqual(attempt.finish()['exitCode'], 0)
        configs = [json.loads(attempt.log('std_log_process_%02d.txt' % rank)) for rank in range(3)]
        self.assertEqual([config['task'] for config in configs],
                         [{'type': 'worker', 'index': 0}, {'type': 'worker', 'index': 1}, {'type': 'ps', 'index': 0}])
        self.assertEqual(len({json.dumps(config['cluster'], sort_keys=True) for config in configs}), 1)
        addresses = configs[0]['cluster']['worker'] + configs[0]['cluster']['ps']
        self.assertEqual(len(set(addresses)), 3)

    def mpi_attempt(self, command, **members):
        """An attempt on whose PATH is a stand-in with mpirun's calling convention: -n N program arguments, ranks in variables."""
        tools = os.path.join(self.directory, 'tools')
        os.makedirs(tools)
        with open(os.path.join(tools, 'mpirun'), 'w') as stream:
            stream.write('#!/bin/bash\nn=$2; shift 2; pids=()\n'
                         'for ((r=0; r<n; r++)); do OMPI_COMM_WORLD_RANK=$r OMPI_COMM_WORLD_LOCAL_RANK=$((r%2)) "$@" & pids+=($!); done\n'
                         'code=0; for p in "${pids[@]}"; do wait $p || { code=$?; kill "${pids[@]}" 2>/dev/null; exit $code; }; done\n')
        os.chmod(os.path.join(tools, 'mpirun'), 0o755)
        return self.attempt(command, processCount=3, pythonBinDirectory=tools, **members)

    def test_mpirun_of_the_environment_starts_the_ranks(self):
        for isolation in ('none', 'best-effort'):
            attempt = self.mpi_attempt('echo "it\'s $OMPI_COMM_WORLD_RANK of $WORLD_SIZE, node $NODE_RANK"', isolation=isolation,
                                       distribution={'type': 'mpi', 'processesPerInstance': 2}).start()
            record = attempt.finish()
            self.assertEqual((record['exitCode'], os.path.basename(record['distribution']['launcher'])), (0, 'mpirun'))
            self.assertEqual([attempt.log('std_log_process_%02d.txt' % rank) for rank in range(3)],
                             ["it's 0 of 3, node 0\n", "it's 1 of 3, node 0\n", "it's 2 of 3, node 1\n"])
            self.setUp()

    def test_the_rank_that_fails_below_mpirun_gives_the_last_lines(self):
        attempt = self.mpi_attempt('if [ $RANK = 0 ]; then echo the reason; exit 4; fi; echo waiting; sleep 300',
                                   distribution={'type': 'mpi', 'processesPerInstance': 2}).start()
        record = attempt.finish()
        self.assertEqual((record['exitCode'], record['lastLogLines']), (4, ['the reason']))

    def test_without_mpirun_the_log_says_so(self):
        attempt = self.attempt('echo $OMPI_COMM_WORLD_RANK/$OMPI_COMM_WORLD_SIZE', processCount=2, distribution={'type': 'mpi'},
                               env={'PATH': '/usr/bin:/bin'})
        if shutil.which('mpirun', path='/usr/bin:/bin'):
            self.skipTest('this host has an mpirun of its own')
        self.assertEqual(attempt.start().finish()['exitCode'], 0)
        self.assertIn('no mpirun in the environment', attempt.log('std_log_process_00.txt'))
        self.assertIn('1/2', attempt.log('std_log_process_01.txt'))

    def test_one_failed_rank_ends_the_others(self):
        record = self.attempt('[ "$RANK" = 1 ] && exit 5; sleep 300', processCount=2).start().finish()
        self.assertEqual((record['exitCode'], record['reason']), (5, 'failed'))

    def test_a_rank_that_fails_late_ends_the_others(self):
        # The first rank runs on; the second ends only after the wrapper has announced both as running.
        attempt = self.attempt('if [ "$RANK" = 1 ]; then until [ -e go ]; do sleep 0.05; done; exit 5; fi; sleep 300',
                               processCount=2).start()
        wait_until(lambda: '"running"' in read_text(attempt.path('status.json')), what='running')
        with open(attempt.path('work', 'go'), 'w'):
            pass
        record = attempt.finish()
        self.assertEqual((record['exitCode'], record['reason']), (5, 'failed'))


if __name__ == '__main__':
    unittest.main()
