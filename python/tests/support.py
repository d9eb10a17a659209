"""Helpers of the tests: conditions with a deadline instead of sleeps, attempts and workers as real processes."""

import json
import os
import socket
import subprocess
import sys
import time

PYTHON_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, PYTHON_FOLDER)

from fulcrum_runtime import frames  # noqa: E402


def wait_until(condition, seconds=20.0, what='condition'):
    """Poll until ``condition()`` is true and return its value; AssertionError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError('%s not reached within %g s' % (what, seconds))
        time.sleep(0.02)


def is_alive(pid):
    """Whether a process exists and is no zombie."""
    try:
        with open('/proc/%d/stat' % pid) as stream:
            return stream.read().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


def read_text(path):
    """The text of a file, empty when it does not exist."""
    try:
        with open(path, encoding='utf-8') as stream:
            return stream.read()
    except OSError:
        return ''


class Attempt:
    """One attempt directory and its wrapper process."""

    def __init__(self, directory, command, **members):
        self.directory = directory
        self.spec = dict({
            'token': 'flc-test-%s' % os.path.basename(directory), 'attempt': 1, 'command': command,
            'workDir': self.path('work'), 'env': {}, 'logDir': self.path('logs'), 'outputsDirs': [self.path('outputs')],
            'exitPath': self.path('exit.json'), 'heartbeatPath': self.path('heartbeat.json'),
            'statusPath': self.path('status.json'), 'graceSeconds': 0.5, 'isolation': 'none'}, **members)
        with open(self.path('spec.json'), 'w', encoding='utf-8') as stream:
            json.dump(self.spec, stream)
        self.process = None

    def path(self, *parts):
        """A path below the attempt directory."""
        return os.path.join(self.directory, *parts)

    def start(self, environment=None):
        """Start the wrapper as the engine does: detached, in its own session."""
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'fulcrum_runtime.runner', self.path('spec.json')], cwd=PYTHON_FOLDER,
            start_new_session=True, stdin=subprocess.DEVNULL, env=dict(os.environ, **(environment or {})))
        return self

    def finish(self, seconds=30):
        """Wait for the wrapper and return the exit record."""
        self.process.wait(seconds)
        return self.record()

    def record(self):
        """The exit record, None before there is one."""
        text = read_text(self.path('exit.json'))
        return json.loads(text) if text else None

    def log(self, name='std_log.txt'):
        """The text of the job's log."""
        return read_text(self.path('logs', name))


class WorkerProcess:
    """A scoring worker behind a socket pair, as the gateway starts it."""

    def __init__(self, hello):
        self.connection, theirs = socket.socketpair()
        self.connection.settimeout(30)
        # dup2 onto descriptor 3 in the child: what Node's stdio[3] does.
        launcher = 'import os,sys; os.dup2(%d, 3); os.set_inheritable(3, True); os.execv(sys.executable, ' \
                   '[sys.executable, "-m", "fulcrum_runtime.scoring_worker"])' % theirs.fileno()
        self.process = subprocess.Popen([sys.executable, '-c', launcher], pass_fds=(theirs.fileno(),), cwd=PYTHON_FOLDER,
                                        env=dict(os.environ, PYTHONPATH=PYTHON_FOLDER), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        theirs.close()
        self.stream = frames.FrameSocket(self.connection)
        self.greeting = self.stream.receive()
        self.stream.send(frames.Frame(frames.HELLO, 0, dict({'protocol': frames.PROTOCOL}, **hello)))
        self.first = self.stream.receive()

    def ask(self, frame):
        """Send a frame and return the next one."""
        self.stream.send(frame)
        return self.stream.receive()

    def close(self):
        """End the worker and close every pipe."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.connection, self.process.stdout, self.process.stderr):
            stream.close()

    def stop(self):
        """Close the stream; returns (exit status, stdout, stderr)."""
        self.connection.close()
        out, error = self.process.communicate(timeout=30)
        return self.process.returncode, out.decode('utf-8'), error.decode('utf-8')
