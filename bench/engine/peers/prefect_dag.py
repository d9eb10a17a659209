"""The DAG of the benchmark in Prefect 3: layers of trivial tasks, each reading three of the layer before; prints seconds as JSON."""

import json
import subprocess
import sys
import time

from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner

DEPTH, WIDTH, WORKERS = (int(value) for value in sys.argv[1:4])


@task(log_prints=False)
def step(name, *_sources):
    subprocess.run(['/bin/true', name], check=True)
    return name


@flow(task_runner=ThreadPoolTaskRunner(max_workers=WORKERS))
def pipeline():
    before = []
    for layer in range(DEPTH):
        before = [step.submit('l%dp%d' % (layer, place), *[before[(place + k) % WIDTH] for k in range(3)] if before else [])
                  for place in range(WIDTH)]
    for future in before:
        future.result()


if __name__ == '__main__':
    since = time.monotonic()
    pipeline()
    print(json.dumps({'seconds': time.monotonic() - since}))
