"""The driver of a parallel step: ``python -m fulcrum_runtime.mini_batches <directory>`` with a ``task.json`` in it.

The task: {code, entryScript, engine: script | mlflow, modelRoot?, arguments, inputs: [{name, path, type, table?}],
miniBatchSize?, partitionKeys[], maxRetries, timeoutSeconds, errorThreshold, miniBatchErrorThreshold, appendRowTo?, workers,
loggingLevel}. Cuts the input (``mini_batch_plan``), lets worker processes run the mini-batches, records each that has ended
(``mini_batch_journal``), and writes ``progress.json``. Started again on the same directory, it goes on where it was.

Exit status: 0 done, 1 too much failed or the script cannot be loaded, 2 the task cannot be done, 143 stopped.
"""

import collections
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

from . import mini_batch_plan
from .files import read_json, write_json_atomically
from .mini_batch_journal import Journal
from .mini_batch_plan import PlanError

PROGRESS_SECONDS = 0.5
# Loading a model may take long; a worker that never gets ready must not hold the step for ever.
INIT_SECONDS = 3600.0
SHUTDOWN_SECONDS = 60.0
START_FAILURES = 3
ERRORS_KEPT = 20
LEVELS = {'debug': 0, 'info': 1, 'warning': 2}


class Stop(Exception):
    """The step ends without having done everything: (exit status, message)."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class WorkerHandle:
    """A worker process as the driver sees it."""

    def __init__(self, number, process, connection, deadline):
        self.number = number
        self.process = process
        self.connection = connection
        self.text = b''
        self.ready = False
        self.index = None
        self.deadline = deadline


class Driver:
    """The life of one parallel step."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.task = read_json(os.path.join(self.directory, 'task.json'))
        if self.task is None:
            raise PlanError('there is no task.json in %s' % self.directory)
        self.level = LEVELS.get(str(self.task.get('loggingLevel') or 'info').lower(), 1)
        self.batches = []
        self.journal = None
        self.waiting = collections.deque()
        self.attempts = collections.Counter()
        self.errors = []
        self.workers = {}
        self.selector = selectors.DefaultSelector()
        self.start_failures = 0
        self.retried = 0
        self.started_at = time.time()
        self.progress_at = 0.0
        self.counts = {'completed': 0, 'failed': 0, 'itemsProcessed': 0, 'itemsFailed': 0, 'rows': 0}

    def log(self, text, level='info'):
        """A line of ours in the step's log."""
        if LEVELS[level] >= self.level:
            print('fulcrum: %s' % text, flush=True)

    # ---- before the first worker

    def groups_in_data(self, root, table, files, keys):
        """Asks the user's pandas, in a process of its own, which values the keys have."""
        request = os.path.join(self.directory, 'groups.json')
        write_json_atomically(request, {'root': root, 'table': table, 'files': files, 'keys': keys}, durable=False)
        done = subprocess.run([sys.executable, '-m', 'fulcrum_runtime.mini_batch_worker', '--groups', request],
                              stdout=subprocess.PIPE, cwd=self.task['code'])
        try:
            answer = json.loads(done.stdout.decode('utf-8').strip().splitlines()[-1])
        except (IndexError, ValueError):
            raise PlanError('the table could not be read to find the values of its partition keys')
        if 'error' in answer:
            raise PlanError('the table could not be read: %s' % answer['error'])
        return answer['groups']

    def prepare(self):
        """Plan and journal; what an earlier start has done is taken over."""
        self.batches = mini_batch_plan.make_plan(self.task, self.groups_in_data)
        roots = [given['path'] for given in self.task['inputs']]
        self.journal = Journal(self.directory, mini_batch_plan.digest_of(self.batches, roots), len(self.batches))
        for record in self.journal.records.values():
            self.count(record)
        self.waiting.extend(index for index in range(len(self.batches)) if index not in self.journal.records)
        if self.journal.records:
            self.log('%d of %d mini-batches were done before; going on with the others' % (len(self.journal.records), len(self.batches)))
        self.check_thresholds()

    def count(self, record):
        """Adds a mini-batch that has ended to the sums."""
        self.counts['completed' if record['ok'] else 'failed'] += 1
        self.counts['itemsProcessed'] += record['items'] - record['failedItems']
        self.counts['itemsFailed'] += record['failedItems']
        self.counts['rows'] += record['rows']

    # ---- workers

    def start_worker(self, number):
        """Starts a worker; it loads the script and then says that it is ready."""
        ours, theirs = socket.socketpair()
        environment = dict(os.environ, FULCRUM_LOGGING_LEVEL=str(self.task.get('loggingLevel') or 'info'))
        process = subprocess.Popen(
            [sys.executable, '-m', 'fulcrum_runtime.mini_batch_worker', os.path.join(self.directory, 'task.json'), str(number),
             str(theirs.fileno())],
            stdin=subprocess.DEVNULL, cwd=self.task['code'], pass_fds=(theirs.fileno(),), env=environment)
        theirs.close()
        worker = WorkerHandle(number, process, ours, time.monotonic() + INIT_SECONDS)
        self.workers[number] = worker
        self.selector.register(ours, selectors.EVENT_READ, worker)

    def drop_worker(self, worker):
        """Kills a worker and forgets it."""
        self.selector.unregister(worker.connection)
        worker.connection.close()
        if worker.process.poll() is None:
            worker.process.kill()
        worker.process.wait()
        del self.workers[worker.number]

    def give_work(self, worker):
        """The next mini-batch to a worker, if there is one."""
        if not self.waiting:
            worker.index, worker.deadline = None, None
            return
        index = self.waiting.popleft()
        self.attempts[index] += 1
        worker.index = index
        limit = self.task.get('timeoutSeconds')
        worker.deadline = None if not limit else time.monotonic() + float(limit)
        self.log('mini-batch %d (%s) on worker %d' % (index, mini_batch_plan.names_of(self.batches[index]), worker.number), 'debug')
        try:
            worker.connection.sendall(json.dumps({'type': 'run', 'index': index, 'batch': self.batches[index]}).encode('utf-8') + b'\n')
        except OSError:
            # It died between two mini-batches; its end is seen at the next look.
            pass

    def take(self, worker, message):
        """A message of a worker."""
        kind = message['type']
        if kind == 'init-failed':
            sys.stderr.write(message['traceback'])
            raise Stop(1, 'init() of the entry script failed: %s' % message['message'])
        if kind == 'ready':
            worker.ready, self.start_failures = True, 0
        elif kind == 'done':
            self.finish(worker, message)
        else:
            self.fail(worker.index, message['message'], message.get('traceback'))
        self.give_work(worker)

    # ---- mini-batches

    def is_short(self, index, items, rows):
        """Whether fewer elements came back than items went in. Rows of a table may be summed up, unless they are to be appended."""
        batch = self.batches[index]
        if 'files' in batch:
            return rows < items
        return bool(self.task.get('appendRowTo')) and not batch.get('keys') and rows < items

    def finish(self, worker, message):
        """A run that came to its end."""
        index, items, rows = worker.index, message['items'], message['rows']
        short = self.is_short(index, items, rows)
        reason = 'run() returned %d elements for %d items' % (rows, items)
        if short and self.may_retry(index):
            self.note_error(index, reason, None)
            self.retry(index, reason)
            return
        if short:
            self.note_error(index, reason, None)
        entry = {'index': index, 'ok': not short, 'items': items, 'failedItems': items - rows if short else 0, 'rows': rows,
                 'attempts': self.attempts[index]}
        rows_file = os.path.join(self.directory, 'worker-%d.rows' % worker.number) if self.task.get('appendRowTo') else None
        self.end(entry, rows_file)

    def fail(self, index, message, trace):
        """An attempt that raised, took too long or took its process down."""
        self.note_error(index, message, trace)
        if trace:
            sys.stderr.write(trace)
        if self.may_retry(index):
            self.retry(index, message)
            return
        items = len(self.batches[index].get('files') or [None])
        self.end({'index': index, 'ok': False, 'items': items, 'failedItems': items, 'rows': 0, 'attempts': self.attempts[index]}, None)

    def may_retry(self, index):
        """Whether a mini-batch has attempts left."""
        return self.attempts[index] <= int(self.task.get('maxRetries') or 0)

    def retry(self, index, reason):
        """Puts a mini-batch back in front."""
        self.retried += 1
        self.log('mini-batch %d (%s), attempt %d: %s; trying again' % (
            index, mini_batch_plan.names_of(self.batches[index]), self.attempts[index], reason), 'warning')
        self.waiting.appendleft(index)

    def note_error(self, index, message, trace):
        """Keeps an error for people to see."""
        self.errors.append({'miniBatch': index, 'items': mini_batch_plan.names_of(self.batches[index]),
                            'attempt': self.attempts[index], 'message': message, 'traceback': trace})
        del self.errors[:-ERRORS_KEPT]

    def end(self, entry, rows_file):
        """Records a mini-batch for good."""
        self.journal.record(entry, rows_file)
        self.count(entry)
        if not entry['ok']:
            self.log('mini-batch %d (%s) failed after %d attempts' % (
                entry['index'], mini_batch_plan.names_of(self.batches[entry['index']]), entry['attempts']), 'warning')
        self.check_thresholds()

    def check_thresholds(self):
        """Raises Stop when more failed than is allowed."""
        for name, failed, what in (('errorThreshold', self.counts['itemsFailed'], 'items'),
                                   ('miniBatchErrorThreshold', self.counts['failed'], 'mini-batches')):
            limit = self.task.get(name)
            limit = -1 if limit is None else int(limit)
            if 0 <= limit < failed:
                raise Stop(1, '%d %s failed, %d are allowed%s' % (failed, what, limit, self.last_error()))

    def last_error(self):
        """The newest error as the end of a sentence."""
        if not self.errors:
            return ''
        error = self.errors[-1]
        return '. Mini-batch %d (%s), attempt %d: %s' % (error['miniBatch'], error['items'], error['attempt'], error['message'])

    # ---- the loop

    def run(self):
        """Until every mini-batch has ended."""
        wanted = max(1, min(int(self.task.get('workers') or os.cpu_count() or 1), len(self.waiting)))
        if self.waiting:
            self.log('%d mini-batches on %d workers' % (len(self.waiting), wanted))
        while self.waiting or any(worker.index is not None for worker in self.workers.values()):
            for number in range(wanted):
                if number not in self.workers and self.waiting:
                    self.start_worker(number)
            for worker in list(self.workers.values()):
                if worker.ready and worker.index is None and self.waiting:
                    self.give_work(worker)
            for key, _ in self.selector.select(self.patience()):
                self.read(key.data)
            self.stop_late()
            self.write_progress()
        self.close_workers()

    def patience(self):
        """Seconds until something is due."""
        due = [worker.deadline for worker in self.workers.values() if worker.deadline is not None]
        return max(0.0, min([PROGRESS_SECONDS] + [at - time.monotonic() for at in due]))

    def read(self, worker):
        """What a worker sent; the end of its stream is the end of the worker."""
        try:
            chunk = worker.connection.recv(65536)
        except OSError:
            chunk = b''
        if not chunk:
            self.lost(worker)
            return
        worker.text += chunk
        while b'\n' in worker.text:
            line, worker.text = worker.text.split(b'\n', 1)
            self.take(worker, json.loads(line.decode('utf-8')))

    def lost(self, worker):
        """A worker that ended by itself."""
        index, ready = worker.index, worker.ready
        self.selector.unregister(worker.connection)
        worker.connection.close()
        code = worker.process.wait()
        del self.workers[worker.number]
        how = 'signal %s' % signal.Signals(-code).name if code < 0 else 'exit status %d' % code
        if index is not None:
            self.fail(index, 'the worker process ended with %s' % how, None)
        elif not ready:
            self.start_failures += 1
            if self.start_failures >= START_FAILURES:
                raise Stop(1, 'the worker process ended with %s before it was ready' % how)

    def stop_late(self):
        """Kills workers whose time is over."""
        for worker in list(self.workers.values()):
            if worker.deadline is None or time.monotonic() < worker.deadline:
                continue
            index = worker.index
            self.drop_worker(worker)
            if index is None:
                raise Stop(1, 'the entry script was not ready after %g s' % INIT_SECONDS)
            self.fail(index, 'run() took longer than %g s' % float(self.task['timeoutSeconds']), None)

    def close_workers(self):
        """Lets every worker say farewell; one that does not end in time is killed."""
        for worker in self.workers.values():
            try:
                worker.connection.sendall(b'{"type": "shutdown"}\n')
            except OSError:
                pass
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        for worker in list(self.workers.values()):
            try:
                worker.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.log('worker %d did not end its shutdown() in time' % worker.number, 'warning')
            self.drop_worker(worker)

    # ---- what others see

    def write_progress(self, state='running', message=None):
        """progress.json, at most twice a second while running."""
        if state == 'running' and time.monotonic() < self.progress_at:
            return
        self.progress_at = time.monotonic() + PROGRESS_SECONDS
        running = sum(1 for worker in self.workers.values() if worker.index is not None)
        try:
            write_json_atomically(os.path.join(self.directory, 'progress.json'), dict(
                self.counts, state=state, message=message, total=len(self.batches), running=running, retried=self.retried,
                workers=len(self.workers), startedAt=self.started_at, updatedAt=time.time(), errors=self.errors), durable=False)
        except OSError as error:
            # A full disk ends the step where it matters, at the journal.
            self.log('progress not written: %s' % error, 'warning')

    def kill_workers(self):
        """Nothing of ours goes on."""
        for worker in list(self.workers.values()):
            self.drop_worker(worker)

    def conclude(self):
        """The appended rows and a summary."""
        target = self.task.get('appendRowTo')
        if target:
            self.journal.write_rows(target)
        self.journal.close()
        self.log('%(completed)d mini-batches done, %(failed)d failed; %(itemsProcessed)d items processed, %(itemsFailed)d failed' % self.counts)


def _stopped(_number, _frame):
    raise Stop(143, 'stopped')


def main(arguments):
    """Entry point; see the module's docstring for exit statuses."""
    signal.signal(signal.SIGTERM, _stopped)
    driver = None
    try:
        driver = Driver(arguments[0])
        driver.prepare()
        driver.write_progress()
        driver.run()
        driver.conclude()
        driver.write_progress('completed')
        return 0
    except (Stop, PlanError) as error:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        status = getattr(error, 'status', 2)
        if driver is not None:
            driver.kill_workers()
            driver.write_progress('canceled' if status == 143 else 'failed', str(error))
            if driver.journal is not None:
                driver.journal.close()
        sys.stdout.flush()
        sys.stderr.write('fulcrum: %s\n' % error)
        return status


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
