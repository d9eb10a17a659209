"""The scoring worker: ``python -m fulcrum_runtime.scoring_worker`` with one end of a socket pair as file descriptor 3.

One process is one slot and answers one request at a time; user code runs on the main thread, because the deadline's
alarm is a signal. Frames, their members and the exit statuses are described in ``frames``. stdout and stderr stay the
user's. Runs with the interpreter of the user's environment.
"""

import faulthandler
import json
import os
import platform
import signal
import socket
import sys
import time
import traceback

from . import __version__, frames
from .frames import Frame
from .scoring_errors import DeadlineExceeded, InputError, LoadError

DESCRIPTOR = 3
SCRIPT_AT_FAULT = 3
BROKEN_FRAME = 4
TRACEBACK_LIMIT = 16000


def make_engine(hello):
    """The engine that HELLO asks for; imports lie inside so that each engine loads only what it needs."""
    name = hello.get('engine')
    if name == 'score.py':
        from .score_engine import ScoreEngine
        return ScoreEngine(hello)
    if name == 'mlflow':
        from .mlflow_engine import MlflowEngine
        return MlflowEngine(hello)
    raise LoadError('InvalidDeploymentSpec', "unknown engine '%s'; known: score.py, mlflow" % name)


def _raise_deadline(_number, _frame):
    # An alarm delivered just after the block has ended must not hit our own code.
    if Deadline.armed:
        Deadline.armed = False
        raise DeadlineExceeded()


class Deadline:
    """Raises DeadlineExceeded inside the block when ``milliseconds`` (None = no limit) have passed."""

    armed = False

    def __init__(self, milliseconds):
        self.seconds = None if milliseconds is None else max(0.001, milliseconds / 1000.0)

    def __enter__(self):
        if self.seconds is not None:
            Deadline.armed = True
            signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_exception):
        Deadline.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)


def _trace():
    return traceback.format_exc()[-TRACEBACK_LIMIT:]


class Worker:
    """Serves frames on ``connection`` until DRAIN or its end."""

    def __init__(self, connection):
        self.stream = frames.FrameSocket(connection)
        self.engine = None
        self.collections = {}

    def log(self, level, message):
        """A structured log line to the gateway."""
        self.stream.send(Frame(frames.LOG, 0, {'level': level, 'message': message, 'time': time.time()}))

    def send_error(self, frame_id, kind, status, message, **more):
        """An ERROR frame; absent members are left out."""
        header = dict({'kind': kind, 'status': status, 'message': message[:8000]},
                      **{name: value for name, value in more.items() if value is not None})
        self.stream.send(Frame(frames.ERROR, frame_id, header))

    def load(self):
        """Shake hands and load the engine; returns an exit status when there is nothing to serve."""
        self.stream.send(Frame(frames.HELLO, 0, {'protocol': frames.PROTOCOL, 'pid': os.getpid(),
                                                 'python': platform.python_version(), 'version': __version__}))
        hello = self.stream.receive()
        if hello is None:
            return 0
        if hello.kind != frames.HELLO or hello.header.get('protocol') != frames.PROTOCOL:
            raise frames.FrameError('expected HELLO of protocol %d, got %r' % (frames.PROTOCOL, hello))
        self.collections = hello.header.get('collections') or {}
        started = time.perf_counter()
        try:
            self.engine = make_engine(hello.header)
        except LoadError as error:
            sys.stderr.write('%s: %s\n' % (error.code, error))
            self.send_error(0, 'user', 500, str(error)[-8000:], code=error.code)
            return SCRIPT_AT_FAULT
        seconds = time.perf_counter() - started
        self.stream.send(Frame(frames.READY, 0, {
            'engine': self.engine.name, 'initSeconds': round(seconds, 3), 'inputs': self.engine.inputs,
            'outputs': self.engine.outputs, 'swagger': None, 'inputExample': self.engine.input_example,
            'flavor': getattr(self.engine, 'flavor', None)}))
        return None

    def collect(self, frame, collected):
        """One MDC frame per enabled collection of a request."""
        if frame.header.get('collect') is False:
            return
        for name, rows in collected.items():
            if not self.collections.get(name) or not rows:
                continue
            header = {'collection': name, 'correlationId': frame.header.get('correlationId') or frame.header.get('requestId'),
                      'requestId': frame.header.get('requestId'), 'rows': len(rows), 'time': time.time()}
            body = json.dumps(rows, ensure_ascii=False, allow_nan=False, separators=(',', ':')).encode('utf-8')
            self.stream.send(Frame(frames.MDC, frame.id, header, body))

    def answer(self, frame):
        """The work of one INFER or BATCH frame: (RESULT header, body, collected rows)."""
        if frame.kind == frames.BATCH:
            rows = self.engine.batch(frame.header.get('files') or [])
            return {'status': 200, 'headers': {}, 'rows': len(rows)}, json.dumps(rows).encode('utf-8'), {}
        status, headers, body, collected = self.engine.infer(frame.header, frame.body)
        return {'status': status, 'headers': headers}, body, collected

    def serve(self, frame):
        """Run user code for one frame under its deadline and answer in every case."""
        started = time.perf_counter()

        def elapsed_ms():
            return round((time.perf_counter() - started) * 1000, 3)

        try:
            with Deadline(frame.header.get('deadlineMs')):
                header, body, collected = self.answer(frame)
            header['execMs'] = elapsed_ms()
            header['headers'].update({'x-ms-run-function-failed': 'False', 'x-ms-run-fn-exec-ms': '%.3f' % header['execMs']})
            self.collect(frame, collected)
            self.stream.send(Frame(frames.RESULT, frame.id, header, body))
        except DeadlineExceeded:
            self.send_error(frame.id, 'timeout', 408, 'the request ran longer than its limit of %s ms'
                            % frame.header.get('deadlineMs'), traceback=_trace(), execMs=elapsed_ms())
        except InputError as error:
            self.send_error(frame.id, 'input', error.status, str(error), column=error.column, execMs=elapsed_ms())
        except (frames.FrameError, BrokenPipeError, ConnectionError):
            raise
        except (Exception, SystemExit) as error:
            sys.stderr.write(traceback.format_exc())
            sys.stderr.flush()
            self.send_error(frame.id, 'user', 500, '%s: %s' % (type(error).__name__, error), traceback=_trace(), execMs=elapsed_ms())

    def run(self):
        """Exit status of the process."""
        status = self.load()
        if status is not None:
            return status
        while True:
            frame = self.stream.receive()
            if frame is None or frame.kind == frames.DRAIN:
                return 0
            if frame.kind in (frames.INFER, frames.BATCH):
                self.serve(frame)
            elif frame.kind == frames.PING:
                self.stream.send(Frame(frames.PONG, frame.id))
            elif frame.kind != frames.CANCEL:
                raise frames.FrameError('%r is not for a worker' % frame)


def main():
    """Entry point; the exit status is described in ``frames``."""
    faulthandler.enable()
    signal.signal(signal.SIGALRM, _raise_deadline)
    # Ctrl-C at the terminal is for the gateway, which drains its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout.reconfigure(line_buffering=True)
    os.set_inheritable(DESCRIPTOR, False)
    connection = socket.socket(fileno=DESCRIPTOR)
    connection.setblocking(True)
    try:
        return Worker(connection).run()
    except frames.FrameError as error:
        sys.stderr.write('fulcrum: broken frame: %s\n' % error)
        return BROKEN_FRAME
    except (BrokenPipeError, ConnectionError):
        return 0


if __name__ == '__main__':
    sys.exit(main())
