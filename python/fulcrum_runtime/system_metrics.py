"""What a job uses of its host, under MLflow's names of system metrics (without the ``system/`` in front).

Percentages are of what the job may use: its limits, else the whole host. GPUs are those of CUDA_VISIBLE_DEVICES, numbered from 0
as the job sees them, and are asked for by ``nvidia-smi`` in the background: a slow driver must not hold up the wrapper.
"""

import json
import os
import shutil
import subprocess
import sys
import time

SAMPLE_SECONDS = 5.0
# A job of a month logs as often as needed to see a curve, not 500,000 times.
SAMPLES_PER_LIFE = 720
MEGABYTE = 1e6
GPU_FIELDS = 'index,uuid,utilization.gpu,memory.used,memory.total,power.draw'


def sample_interval(elapsed_seconds):
    """Seconds until the next sample: 5, and longer once a job has run for an hour."""
    return max(SAMPLE_SECONDS, elapsed_seconds / SAMPLES_PER_LIFE)


def host_cores():
    """Cores that processes of ours may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1


def host_memory_bytes():
    """Memory of the host."""
    return os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')


class GpuMonitor:
    """Figures of the job's GPUs; each look starts one ``nvidia-smi`` and reads what the one before has found."""

    def __init__(self, visible):
        self.devices = [name for name in (visible or '').split(',') if name]
        self.program = shutil.which('nvidia-smi') if self.devices else None
        self.process = None
        self.found = {}

    def look(self):
        """The newest figures; none while there are none."""
        if self.program is None:
            return {}
        if self.process is not None and self.process.poll() is not None:
            text = self.process.stdout.read()
            self.process.stdout.close()
            self.found = parse_gpus(text, self.devices) if self.process.returncode == 0 else {}
            self.process = None
        if self.process is None:
            try:
                self.process = subprocess.Popen(
                    [self.program, '--query-gpu=' + GPU_FIELDS, '--format=csv,noheader,nounits'],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            except OSError:
                self.program = None
        return self.found

    def processes(self):
        """What is being asked now: a child of the wrapper that is none of the job's."""
        return [self.process] if self.process is not None else []

    def close(self):
        """End what is still being asked."""
        for process in self.processes():
            process.kill()
            process.wait()
            process.stdout.close()
        self.process = None


def parse_gpus(text, devices):
    """Metrics from the lines of ``nvidia-smi``, for the devices (numbers or UUIDs) in their order."""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(',')]
        if len(cells) == 6:
            rows[cells[0]] = rows[cells[1]] = cells
    metrics = {}
    for number, device in enumerate(devices):
        cells = rows.get(device)
        if cells is None:
            continue
        utilization, used, total, power = [_number(cell) for cell in cells[2:]]
        prefix = 'gpu_%d_' % number
        if utilization is not None:
            metrics[prefix + 'utilization_percentage'] = utilization
        if used is not None:
            # nvidia-smi counts in MiB, MLflow in millions of bytes.
            metrics[prefix + 'memory_usage_megabytes'] = round(used * 1.048576, 1)
        if used is not None and total:
            metrics[prefix + 'memory_usage_percentage'] = round(100.0 * used / total, 1)
        if power is not None:
            metrics[prefix + 'power_usage_watts'] = power
    return metrics


def _number(text):
    try:
        return float(text)
    except ValueError:
        return None


def usage(cpu_percent, memory_bytes, limits):
    """CPU and memory by MLflow's names. ``cpu_percent``: 100 = one core."""
    cores = limits.get('cpuCount') or host_cores()
    memory = limits.get('memoryBytes') or host_memory_bytes()
    return {
        'cpu_utilization_percentage': round(cpu_percent / cores, 1),
        'system_memory_usage_megabytes': round(memory_bytes / MEGABYTE, 1),
        'system_memory_usage_percentage': round(100.0 * memory_bytes / memory, 1),
    }


class Recorder:
    """Appends lines {t (epoch s), metrics} to a file: the mean use of processors since the line before, the memory now."""

    def __init__(self, path, limits, visible_gpus):
        self.path = path
        self.limits = limits
        self.gpus = GpuMonitor(visible_gpus)
        self.started = None
        self.last = None

    def sample(self, cpu_seconds, memory_bytes):
        """Called each second; writes when it is time."""
        now = time.monotonic()
        if self.last is None:
            # Nothing has been used yet: the first line comes with the first interval, or with the end.
            self.started, self.last = now, (now, cpu_seconds)
            self.gpus.look()
        elif now - self.last[0] >= sample_interval(now - self.started):
            self._write(now, cpu_seconds, memory_bytes)

    def finish(self, cpu_seconds, peak_bytes):
        """The last line; a short job's only one, with the most memory that it had."""
        if self.last is not None:
            self._write(time.monotonic(), max(cpu_seconds, self.last[1]), peak_bytes)
        self.gpus.close()

    def _write(self, now, cpu_seconds, memory_bytes):
        since, before = self.last
        percent = max(0.0, 100.0 * (cpu_seconds - before) / (now - since)) if now > since else 0.0
        self.last = (now, cpu_seconds)
        line = json.dumps({'t': round(time.time(), 3), 'metrics': dict(usage(percent, memory_bytes, self.limits), **self.gpus.look())})
        try:
            with open(self.path, 'a', encoding='utf-8') as stream:
                stream.write(line + '\n')
        except OSError as error:
            # A full disk must not end a job that may still succeed.
            sys.stderr.write('fulcrum: metrics not written: %s\n' % error)
