"""What a parallel step has done so far, on disk: a mini-batch is recorded once, with the bytes of its rows.

``journal.jsonl`` begins with {plan, total}; each further line is one mini-batch that has ended: {index, ok, offset, bytes, items,
rows, attempts, error?}. ``rows.bin`` holds the rows in the order in which mini-batches ended. A line counts only when its bytes are
there, so a step that was cut off at any moment goes on where it was.
"""

import json
import os
import shutil
import time

from .files import fsync_directory

SYNC_SECONDS = 1.0


class Journal:
    """The journal of one plan in ``directory``; one of another plan that lies there is thrown away."""

    def __init__(self, directory, digest, total):
        self.path = os.path.join(directory, 'journal.jsonl')
        self.rows_path = os.path.join(directory, 'rows.bin')
        self.records = {}
        self.synced = 0.0
        good = self._load(digest, total)
        if good == 0:
            self.records = {}
            with open(self.path, 'w', encoding='utf-8') as stream:
                stream.write(json.dumps({'plan': digest, 'total': total}) + '\n')
            with open(self.rows_path, 'wb'):
                pass
            fsync_directory(directory)
        else:
            os.truncate(self.path, good)
            os.truncate(self.rows_path, max([record['offset'] + record['bytes'] for record in self.records.values()], default=0))
        self.lines = open(self.path, 'ab')
        self.rows = open(self.rows_path, 'ab')

    def _load(self, digest, total):
        """Reads what can be trusted; returns the length of that part of the journal, 0 for none."""
        try:
            size = os.path.getsize(self.rows_path)
            with open(self.path, 'rb') as stream:
                data = stream.read()
        except OSError:
            return 0
        good = 0
        for line in data.splitlines(keepends=True):
            try:
                record = json.loads(line.decode('utf-8')) if line.endswith(b'\n') else None
            except ValueError:
                record = None
            if record is None:
                break
            if good == 0:
                if record.get('plan') != digest or record.get('total') != total:
                    return 0
            elif record['offset'] + record['bytes'] > size:
                break
            else:
                self.records[record['index']] = record
            good += len(line)
        return good

    def record(self, entry, rows_file=None):
        """Adds a mini-batch; ``rows_file``: a file whose bytes are its rows."""
        offset = self.rows.tell()
        if rows_file is not None:
            with open(rows_file, 'rb') as source:
                shutil.copyfileobj(source, self.rows, 1024 * 1024)
        self.rows.flush()
        entry = dict(entry, offset=offset, bytes=self.rows.tell() - offset)
        self.lines.write(json.dumps(entry).encode('utf-8') + b'\n')
        self.lines.flush()
        self.records[entry['index']] = entry
        if time.monotonic() - self.synced > SYNC_SECONDS:
            self.sync()

    def sync(self):
        """Flush to the disk, rows first: a line must not survive without its rows."""
        os.fsync(self.rows.fileno())
        os.fsync(self.lines.fileno())
        self.synced = time.monotonic()

    def write_rows(self, target):
        """All rows in the order of the mini-batches; the file is there whole or not at all."""
        self.sync()
        os.makedirs(os.path.dirname(target) or '.', exist_ok=True)
        temporary = target + '.part'
        with open(self.rows_path, 'rb') as source, open(temporary, 'wb') as sink:
            for index in sorted(self.records):
                record = self.records[index]
                source.seek(record['offset'])
                left = record['bytes']
                while left > 0:
                    chunk = source.read(min(left, 1024 * 1024))
                    sink.write(chunk)
                    left -= len(chunk)
            sink.flush()
            os.fsync(sink.fileno())
        os.rename(temporary, target)

    def close(self):
        """Flush and close."""
        self.sync()
        self.lines.close()
        self.rows.close()
