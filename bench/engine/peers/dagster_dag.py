"""The DAG of the benchmark in Dagster, run by its default executor (a process for each step); prints seconds as JSON."""

import json
import subprocess
import sys
import time

from dagster import DagsterInstance, In, Nothing, Out, execute_job, graph, multiprocess_executor, op, reconstructable

DEPTH, WIDTH, WORKERS = (int(value) for value in (sys.argv[1:4] if len(sys.argv) > 3 else (1, 1, 1)))


def make_op(name, sources):
    @op(name=name, ins={'i%d' % k: In(Nothing) for k in range(sources)}, out=Out(Nothing))
    def run():
        subprocess.run(['/bin/true', name], check=True)

    return run


@graph
def dag():
    before = []
    for layer in range(DEPTH):
        now = []
        for place in range(WIDTH):
            sources = [before[(place + k) % WIDTH] for k in range(3)] if before else []
            now.append(make_op('l%dp%d' % (layer, place), len(sources))(**{'i%d' % k: source for k, source in enumerate(sources)}))
        before = now


def job():
    return dag.to_job(executor_def=multiprocess_executor.configured({'max_concurrent': WORKERS}))


if __name__ == '__main__':
    with DagsterInstance.local_temp() as instance:
        since = time.monotonic()
        done = execute_job(reconstructable(job), instance=instance)
        if not done.success:
            raise SystemExit('the run failed')
        print(json.dumps({'seconds': time.monotonic() - since}))
