"""Durable and atomic file writes."""

import json
import os


def fsync_directory(path):
    """Flush the directory entry itself, so that a rename survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json_atomically(path, value, durable, mode=0o644):
    """Replace ``path`` by the JSON of ``value``; readers see the old or the new text, never half.

    ``durable``: also fsync the file and its directory (exit records); heartbeats do without.
    """
    temporary = '%s.%d.tmp' % (path, os.getpid())
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, 'w', encoding='utf-8') as stream:
            json.dump(value, stream, ensure_ascii=False, allow_nan=False)
            stream.write('\n')
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        os.rename(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    if durable:
        fsync_directory(os.path.dirname(os.path.abspath(path)))


def read_json(path):
    """The parsed JSON of a file, or None when it does not exist or is not JSON."""
    try:
        with open(path, encoding='utf-8') as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return None


def tail_lines(path, count, window_bytes=65536):
    """The last ``count`` lines of a text file, read from its last ``window_bytes`` only."""
    try:
        with open(path, 'rb') as stream:
            stream.seek(0, os.SEEK_END)
            size = stream.tell()
            stream.seek(max(0, size - window_bytes))
            text = stream.read().decode('utf-8', 'replace')
    except OSError:
        return []
    return text.splitlines()[-count:]
