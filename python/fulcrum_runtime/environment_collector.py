"""Removes environments that were not used for longest: ``python3 -m fulcrum_runtime.environment_collector request.json``.

Request: {environmentsDirectory, limitBytes, minimumIdleSeconds, inUse: [lock hash], dryRun?: bool}. Prints {bytesBefore, bytesAfter,
kept, removed: [{lockHash, sizeBytes, lastUsedAt (epoch s)}]}. What is in use, or was used a short while ago, is never removed.
"""

import fcntl
import json
import os
import re
import shutil
import sys
import time

from . import files

NAME = re.compile(r'^[0-9a-f]{32}$')


def found_environments(root):
    """[{lockHash, sizeBytes, lastUsedAt}] of finished environments, least recently used first."""
    found = []
    for name in os.listdir(root) if os.path.isdir(root) else []:
        path = os.path.join(root, name, 'environment.json')
        made = files.read_json(path) if NAME.match(name) else None
        if made is not None:
            found.append({'lockHash': name, 'sizeBytes': made.get('sizeBytes') or 0, 'lastUsedAt': os.stat(path).st_mtime})
    return sorted(found, key=lambda one: one['lastUsedAt'])


def remove(root, name, cutoff):
    """Take an environment away; False when somebody builds or has just used it.

    It is renamed first and looked at again: a use that was noted in between brings it back whole.
    """
    lock = os.open(os.path.join(root, '.locks', name + '.build'), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        directory, trash = os.path.join(root, name), os.path.join(root, '.trash-' + name)
        shutil.rmtree(trash, ignore_errors=True)
        os.rename(directory, trash)
        if os.stat(os.path.join(trash, 'environment.json')).st_mtime > cutoff:
            os.rename(trash, directory)
            return False
        shutil.rmtree(trash, ignore_errors=True)
        return True
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(lock)


def collect(request):
    """The answer to a request."""
    root = request['environmentsDirectory']
    environments = found_environments(root)
    total = before = sum(one['sizeBytes'] for one in environments)
    cutoff = time.time() - request['minimumIdleSeconds']
    in_use, removed = set(request['inUse']), []
    for one in environments:
        if total <= request['limitBytes'] or one['lastUsedAt'] > cutoff:
            break
        if one['lockHash'] in in_use:
            continue
        if request.get('dryRun') or remove(root, one['lockHash'], cutoff):
            removed.append(one)
            total -= one['sizeBytes']
    return {'bytesBefore': before, 'bytesAfter': total, 'kept': len(environments) - len(removed), 'removed': removed}


if __name__ == '__main__':
    json.dump(collect(files.read_json(sys.argv[1])), sys.stdout)
