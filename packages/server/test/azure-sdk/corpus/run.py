"""Runs rows of the corpus: ``run.py sdk|az p1 p2 …`` (all without names). Prints one line a row; exits 1 when one failed."""

import sys
import time
import traceback

from rows import DOORS, ROWS, cluster


def main(door_name, *names):
    """@returns 0 when every row ended as expected"""
    door = DOORS[door_name]()
    cluster(door, 'cpu-cluster')
    failures = 0
    for row in ROWS:
        if names and row.__name__ not in names:
            continue
        since = time.monotonic()
        try:
            row(door)
            result = 'ok'
        except Exception as error:  # A row is a stranger's project: whatever it raises is its result.
            traceback.print_exc()
            failures += 1
            result = 'FAILED %s: %s' % (type(error).__name__, str(error).replace('\n', ' ')[:400])
        print('%s %s %.0f s %s' % (door_name, row.__name__.upper(), time.monotonic() - since, result), flush=True)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
