"""Runs rows of the corpus: ``run.py sdk|az p1 p2 …`` (all without names). Prints one line a row; exits 1 when one failed."""

import subprocess
import sys
import time
import traceback

from rows import DOORS, ROWS, cluster


def run(door_name, row):
    """One row in this process. @returns 0 when it ended as expected"""
    door = DOORS[door_name]()
    cluster(door, 'cpu-cluster')
    since = time.monotonic()
    try:
        row(door)
        result = 'ok'
    except Exception as error:  # A row is a stranger's project: whatever it raises is its result.
        traceback.print_exc()
        result = 'FAILED %s: %s' % (type(error).__name__, str(error).replace('\n', ' ')[:400])
    print('%s %s %.0f s %s' % (door_name, row.__name__.upper(), time.monotonic() - since, result), flush=True)
    return 0 if result == 'ok' else 1


def main(door_name, *names):
    """A process a row: the SDK keeps the deployment named in one `invoke` for all later ones. @returns how many failed"""
    wanted = [name.lower() for name in names]
    unknown = set(wanted) - {row.__name__ for row in ROWS}
    if unknown:
        raise SystemExit('No such row: %s' % ', '.join(sorted(unknown)))
    rows = [row for row in ROWS if not wanted or row.__name__ in wanted]
    if len(rows) == 1:
        return run(door_name, rows[0])
    return sum(subprocess.run([sys.executable, *sys.argv[:1], door_name, row.__name__]).returncode for row in rows)


if __name__ == '__main__':
    sys.exit(min(1, main(*sys.argv[1:])))
