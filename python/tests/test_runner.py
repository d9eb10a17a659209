"""The job wrapper as a real process: outcome records, kill of the whole tree, limits, isolation."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from support import PYTHON_FOLDER, Attempt, is_alive, read_text, wait_until
from fulcrum_runtime import probe as host_probe

HOST = host_probe.probe()
SANDBOX = HOST['bubblewrap']['available']
# A grandchild in a session of its own that ignores SIGTERM: killpg alone would miss it.
STRAY = '(setsid sh -c \'trap "" TERM; echo $$ > "$PIDFILE"; sleep 300 & wait; sleep 300\' &)'


class RunnerCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix='attempt-')
        self.addCleanup(shutil.rmtree, self.directory, True)

    def attempt(self, command, **members):
        return Attempt(self.directory, command, **members)


class Outcome(RunnerCase):
    def test_success_writes_log_and_record(self):
        record = self.attempt('echo out; echo err >&2; echo "$GREETING" > "$PWD/../outputs/file"',
                              env={'GREETING': 'grüezi'}).start().finish()
        self.assertEqual((record['exitCode'], record['reason'], record['signal']), (0, 'completed', None))
        self.assertEqual(record['lastLogLines'], ['out', 'err'])
        self.assertEqual(read_text(os.path.join(self.directory, 'outputs', 'file')), 'grüezi\n')
        self.assertEqual(record['token'], 'flc-test-%s' % os.path.basename(self.directory))
        self.assertLess(record['startedAt'], record['endedAt'])

    def test_folders_of_the_run_are_made_and_files_of_their_names_stay(self):
        work = os.path.join(self.directory, 'work')
        os.makedirs(work)
        with open(os.path.join(work, 'logs'), 'w', encoding='utf-8') as stream:
            stream.write('of the code')
        record = self.attempt('echo made > outputs/file', workFolders=['outputs', 'logs']).start().finish()
        self.assertEqual(record['reason'], 'completed')
        self.assertEqual(read_text(os.path.join(work, 'outputs', 'file')), 'made\n')
        self.assertEqual(read_text(os.path.join(work, 'logs')), 'of the code')

    def test_failure_keeps_the_code_and_the_last_lines(self):
        record = self.attempt('for i in $(seq 1 50); do echo line $i; done; exit 7').start().finish()
        self.assertEqual((record['exitCode'], record['reason']), (7, 'failed'))
        self.assertEqual((len(record['lastLogLines']), record['lastLogLines'][-1]), (20, 'line 50'))

    def test_signal_of_the_user_process_is_named(self):
        record = self.attempt('kill -SEGV $$').start().finish()
        self.assertEqual((record['exitCode'], record['signal'], record['reason']), (139, 'SIGSEGV', 'failed'))

    def test_a_kill_from_outside_is_told_from_a_failure(self):
        record = self.attempt('kill -9 $$').start().finish()
        self.assertEqual((record['exitCode'], record['signal'], record['reason']), (137, 'SIGKILL', 'killed'))

    def test_environment_of_the_wrapper_does_not_leak(self):
        attempt = self.attempt('echo "[$LEAKED]"').start({'LEAKED': 'secret'})
        attempt.finish()
        self.assertEqual(attempt.log(), '[]\n')

    def test_log_heartbeat_and_status_can_be_read_while_running(self):
        attempt = self.attempt('echo first; while [ ! -e "$PWD/go" ]; do sleep 0.02; done; echo second').start()
        wait_until(lambda: attempt.log() == 'first\n', what='first log line')
        beat = wait_until(lambda: json.loads(read_text(attempt.path('heartbeat.json')) or '{}'), what='heartbeat')
        status = wait_until(lambda: [s for s in [json.loads(read_text(attempt.path('status.json')))]
                                     if s['state'] == 'running'], what='status running')[0]
        self.assertEqual((beat['runnerPid'], status['runnerPid']), (attempt.process.pid, attempt.process.pid))
        self.assertIsNone(attempt.record())
        with open(attempt.path('work', 'go'), 'w'):
            pass
        self.assertEqual(attempt.finish()['exitCode'], 0)
        self.assertEqual(attempt.log(), 'first\nsecond\n')
        points = [json.loads(line) for line in read_text(attempt.path('metrics.jsonl')).splitlines()]
        self.assertEqual(set(points[-1]['metrics']), {
            'cpu_utilization_percentage', 'system_memory_usage_megabytes', 'system_memory_usage_percentage'})
        self.assertEqual(json.loads(read_text(attempt.path('status.json')))['state'], 'exited')

    def test_spec_mistakes_are_recorded_with_the_member(self):
        record = self.attempt('true', graceSeconds='soon').start().finish()
        self.assertEqual((record['reason'], record['exitCode']), ('invalid-spec', None))
        self.assertIn('graceSeconds', record['message'])

    def test_a_second_wrapper_neither_runs_beside_nor_again(self):
        attempt = self.attempt('echo run >> "$PWD/../runs"; while [ ! -e "$PWD/go" ]; do sleep 0.02; done').start()
        wait_until(lambda: read_text(attempt.path('runs')), what='first run')
        again = [sys.executable, '-m', 'fulcrum_runtime.runner', attempt.path('spec.json')]
        beside = subprocess.run(again, cwd=PYTHON_FOLDER, stderr=subprocess.PIPE)
        self.assertEqual(beside.returncode, 75)
        with open(attempt.path('work', 'go'), 'w'):
            pass
        attempt.finish()
        self.assertEqual(subprocess.run(again, cwd=PYTHON_FOLDER).returncode, 0)
        self.assertEqual(read_text(attempt.path('runs')), 'run\n')

    def test_record_is_whole_whenever_it_exists(self):
        attempt = self.attempt('true').start()
        wait_until(lambda: attempt.record() is not None, what='exit record')
        self.assertEqual(attempt.finish()['reason'], 'completed')
        self.assertEqual([n for n in os.listdir(self.directory) if n.endswith('.tmp')], [])


class Stopping(RunnerCase):
    def stop_and_check(self, isolation):
        members = {'env': {'PIDFILE': os.path.join(self.directory, 'outputs', 'pid')}, 'isolation': isolation}
        attempt = self.attempt(STRAY + '; trap "" TERM; sleep 300; sleep 300', **members).start()
        wait_until(lambda: read_text(attempt.path('outputs', 'pid')).strip(), what='grandchild')
        marker = ('FULCRUM_ATTEMPT_TOKEN=' + attempt.spec['token']).encode()
        before = self.marked(marker)
        self.assertGreaterEqual(len(before), 3)
        os.kill(attempt.process.pid, signal.SIGTERM)
        record = attempt.finish()
        self.assertEqual(record['reason'], 'canceled')
        self.assertEqual([pid for pid in before if is_alive(pid)], [])
        self.assertEqual(self.marked(marker), [])

    @staticmethod
    def marked(marker):
        found = []
        for name in os.listdir('/proc'):
            if name.isdigit():
                try:
                    with open('/proc/%s/environ' % name, 'rb') as stream:
                        if marker in stream.read().split(b'\0'):
                            found.append(int(name))
                except OSError:
                    continue
        return found

    def test_cancel_kills_a_setsid_grandchild_without_a_sandbox(self):
        self.stop_and_check('none')

    @unittest.skipUnless(SANDBOX, 'bubblewrap does not work here')
    def test_cancel_kills_a_setsid_grandchild_in_the_sandbox(self):
        self.stop_and_check('required')

    def grace(self, isolation):
        handler = 'import signal,sys,time\ndef stop(*a): print("saving"); time.sleep(0.2); print("saved"); sys.exit(0)\n' \
                  'signal.signal(15, stop); print("ready"); signal.pause()'
        attempt = self.attempt("python3 -c '%s'; echo not reached" % handler, isolation=isolation, graceSeconds=20).start()
        wait_until(lambda: 'ready' in attempt.log(), what='ready')
        os.kill(attempt.process.pid, signal.SIGTERM)
        record = attempt.finish()
        self.assertEqual(record['reason'], 'canceled')
        self.assertIn('saving\nsaved\n', attempt.log())
        self.assertNotIn('not reached', attempt.log())

    def test_grace_lets_a_handler_finish_and_starts_nothing_more(self):
        self.grace('none')

    @unittest.skipUnless(SANDBOX, 'bubblewrap does not work here')
    def test_grace_works_through_the_sandbox(self):
        self.grace('required')

    def test_timeout_ends_the_job_with_its_own_reason(self):
        record = self.attempt('trap "" TERM; sleep 300; sleep 300', timeoutSeconds=0.3, graceSeconds=0.2).start().finish()
        self.assertEqual((record['reason'], record['signal']), ('timeout', 'SIGKILL'))
        self.assertIn('0.3 s', record['message'])

    def test_background_processes_do_not_outlive_the_command(self):
        attempt = self.attempt('setsid sh -c \'echo $$ > "$PWD/pid"; exec sleep 300\' & '
                               'while [ ! -s "$PWD/pid" ]; do sleep 0.02; done').start()
        self.assertEqual(attempt.finish()['exitCode'], 0)
        self.assertFalse(is_alive(int(read_text(attempt.path('work', 'pid')))))

    def test_reap_finds_what_a_killed_wrapper_left(self):
        attempt = self.attempt('setsid sh -c \'echo $$ > "$PWD/pid"; exec sleep 300\' & sleep 300').start()
        pid = int(wait_until(lambda: read_text(attempt.path('work', 'pid')).strip(), what='grandchild'))
        attempt.process.kill()
        attempt.process.wait()
        self.assertTrue(is_alive(pid))
        subprocess.run([sys.executable, '-m', 'fulcrum_runtime.runner', '--reap', attempt.path('spec.json')],
                       cwd=PYTHON_FOLDER, stdout=subprocess.DEVNULL, check=True)
        wait_until(lambda: not is_alive(pid), what='stray gone')


    # Forks twice with a session between, ignores SIGTERM, has an empty environment, and writes elsewhere.
    DAEMON = 'env -i /usr/bin/setsid sh -c \'trap "" TERM HUP; (trap "" TERM HUP; sh -c "echo \\$\\$ > $PWD/pid; ' \
             'while :; do sleep 300; done" > %s 2>&1 &)\' & wait; sleep 300'

    def daemon(self, isolation, output='/dev/null'):
        attempt = self.attempt(self.DAEMON % output, isolation=isolation).start()
        wait_until(lambda: read_text(attempt.path('work', 'pid')).strip(), what='daemon')
        mine = [pid for pid in self.working_in(attempt.path('work'))]
        self.assertGreaterEqual(len(mine), 2)
        return attempt, mine

    @staticmethod
    def working_in(directory):
        found = []
        for name in os.listdir('/proc'):
            try:
                if name.isdigit() and os.readlink('/proc/%s/cwd' % name) == os.path.realpath(directory):
                    found.append(int(name))
            except OSError:
                continue
        return found

    def cancel_a_daemon(self, isolation):
        attempt, before = self.daemon(isolation)
        os.kill(attempt.process.pid, signal.SIGTERM)
        self.assertEqual(attempt.finish()['reason'], 'canceled')
        self.assertEqual([pid for pid in before if is_alive(pid)], [])
        self.assertEqual(self.working_in(attempt.path('work')), [])

    def test_cancel_kills_a_daemon_without_a_sandbox(self):
        self.cancel_a_daemon('none')

    @unittest.skipUnless(SANDBOX, 'bubblewrap does not work here')
    def test_cancel_kills_a_daemon_in_the_sandbox(self):
        self.cancel_a_daemon('required')

    def kill_the_wrapper(self, isolation, output):
        attempt, before = self.daemon(isolation, output)
        attempt.process.kill()
        attempt.process.wait()
        subprocess.run([sys.executable, '-m', 'fulcrum_runtime.runner', '--reap', attempt.path('spec.json')],
                       cwd=PYTHON_FOLDER, stdout=subprocess.DEVNULL, check=True)
        wait_until(lambda: not [pid for pid in before if is_alive(pid)], what='strays gone')
        self.assertEqual(self.working_in(attempt.path('work')), [])

    def test_reap_finds_a_daemon_without_a_sandbox_by_its_log(self):
        self.kill_the_wrapper('none', '"$PWD/../logs/daemon.txt"')

    @unittest.skipUnless(SANDBOX, 'bubblewrap does not work here')
    def test_reap_finds_a_daemon_in_the_sandbox(self):
        self.kill_the_wrapper('required', '/dev/null')


class Isolation(RunnerCase):
    @unittest.skipUnless(SANDBOX, 'bubblewrap does not work here')
    def test_sandbox_hides_and_protects(self):
        # Not below the temporary directory: the job has one of its own in its place.
        home = os.path.expanduser('~')
        secrets = tempfile.mkdtemp(prefix='platform-', dir=home)
        self.addCleanup(shutil.rmtree, secrets, True)
        with open(os.path.join(secrets, 'database-password'), 'w') as stream:
            stream.write('secret')
        command = 'ls -A "%s" | wc -l; touch "%s/.fulcrum-test" 2>/dev/null || echo read-only; echo $$ > /tmp/mine; ' \
                  'ls /proc | grep -c "^[0-9]"; echo data > "$PWD/../outputs/result"' % (secrets, home)
        attempt = self.attempt(command, isolation='required', hiddenPaths=[secrets]).start()
        record = attempt.finish()
        lines = attempt.log().split()
        self.assertEqual(lines[:2], ['0', 'read-only'])
        self.assertLess(int(lines[2]), 8)
        self.assertFalse(os.path.exists('/tmp/mine'))
        self.assertEqual(read_text(attempt.path('outputs', 'result')), 'data\n')
        self.assertEqual(record['isolation']['mode'], 'bubblewrap')
        self.assertIn('pid', record['isolation']['namespaces'])

    def test_a_mounted_input_cannot_be_written(self):
        for isolation in ('none', 'best-effort'):
            folder = os.path.join(self.directory, 'inputs')
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, 'data.txt'), 'w') as stream:
                stream.write('kept')
            attempt = self.attempt('cat "$IN/data.txt"; echo spoilt > "$IN/data.txt"; echo new > "$IN/other.txt"; rm -f "$IN/data.txt"; true',
                                   env={'IN': folder}, readOnlyPaths=[folder], isolation=isolation).start()
            self.assertEqual(attempt.finish()['exitCode'], 0)
            self.assertTrue(attempt.log().startswith('kept'))
            self.assertEqual((os.listdir(folder), read_text(os.path.join(folder, 'data.txt'))), (['data.txt'], 'kept'))
            self.setUp()

    @unittest.skipUnless(HOST['networkIsolation']['available'], 'no network namespaces here')
    def test_network_none_leaves_only_loopback(self):
        attempt = self.attempt('cut -d: -f1 -s /proc/net/dev | tr -d " "', isolation='required', network='none').start()
        attempt.finish()
        self.assertEqual(attempt.log().split(), ['lo'])

    def without_bubblewrap(self, isolation):
        tools = tempfile.mkdtemp(prefix='tools-')
        self.addCleanup(shutil.rmtree, tools, True)
        for name in ('bash', 'sh', 'echo'):
            os.symlink(shutil.which(name), os.path.join(tools, name))
        return self.attempt('echo ran', isolation=isolation).start({'PATH': tools}).finish()

    def test_required_isolation_fails_clearly_where_there_is_none(self):
        record = self.without_bubblewrap('required')
        self.assertEqual((record['reason'], record['exitCode'], record['lastLogLines']), ('isolation-unavailable', None, []))
        self.assertIn('bubblewrap', record['message'])

    def test_best_effort_says_what_is_not_in_force(self):
        record = self.without_bubblewrap('best-effort')
        self.assertEqual((record['exitCode'], record['isolation']['mode']), (0, 'none'))
        self.assertIn('bubblewrap', record['isolation']['reasons'][0])

    def test_memory_limit_ends_the_job_as_out_of_memory(self):
        hog = "python3 -c 'x = bytearray(400 << 20); print(len(x))'"
        record = self.attempt(hog, limits={'memoryBytes': 64 << 20}).start().finish()
        in_force = record['isolation']['limits']['memory']
        self.assertNotEqual(record['exitCode'], 0)
        if in_force.startswith('cgroup'):
            self.assertEqual((record['reason'], record['oomKilled']), ('out-of-memory', True))
        else:
            self.assertIn('MemoryError', '\n'.join(record['lastLogLines']))


if __name__ == '__main__':
    unittest.main()
