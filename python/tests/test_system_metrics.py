"""System metrics of jobs: names, numbers, and how often."""

import json
import os
import stat
import tempfile
import unittest
from unittest import mock

from support import read_text, wait_until
from fulcrum_runtime import system_metrics


class SystemMetrics(unittest.TestCase):
    def test_percentages_are_of_what_the_job_may_use(self):
        found = system_metrics.usage(150.0, 512 << 20, {'cpuCount': 2, 'memoryBytes': 1 << 30})
        self.assertEqual(found, {'cpu_utilization_percentage': 75.0, 'system_memory_usage_megabytes': 536.9,
                                 'system_memory_usage_percentage': 50.0})

    def test_samples_become_rarer_with_the_age_of_a_job(self):
        self.assertEqual(system_metrics.sample_interval(0), 5.0)
        month, elapsed, samples = 30 * 86400, 0.0, 0
        while elapsed < month:
            elapsed += system_metrics.sample_interval(elapsed)
            samples += 1
        self.assertLess(samples, 10000)

    def test_a_short_job_has_one_line_at_its_end(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'metrics.jsonl')
            recorder = system_metrics.Recorder(path, {'memoryBytes': 1 << 30}, None)
            for second in range(3):
                recorder.sample(0.1 * second, 1 << 20)
            recorder.finish(0.5, 1 << 29)
            lines = [json.loads(line) for line in read_text(path).splitlines()]
            self.assertEqual(len(lines), 1)
            self.assertEqual(lines[0]['metrics']['system_memory_usage_percentage'], 50.0)
            self.assertGreater(lines[0]['metrics']['cpu_utilization_percentage'], 0.0)

    def test_gpus_are_numbered_as_the_job_sees_them(self):
        text = '0, GPU-a, 10, 100, 1000, 50.5\n1, GPU-b, 90, 500, 1000, [N/A]\n'
        found = system_metrics.parse_gpus(text, ['GPU-b', '0'])
        self.assertEqual(found['gpu_0_utilization_percentage'], 90.0)
        self.assertEqual(found['gpu_0_memory_usage_percentage'], 50.0)
        self.assertEqual(found['gpu_1_power_usage_watts'], 50.5)
        self.assertNotIn('gpu_0_power_usage_watts', found)

    def test_gpus_are_asked_in_the_background_for_whoever_has_some(self):
        with tempfile.TemporaryDirectory() as directory:
            program = os.path.join(directory, 'nvidia-smi')
            with open(program, 'w', encoding='utf-8') as stream:
                stream.write('#!/bin/sh\necho "3, GPU-c, 42, 100, 200, 75"\n')
            os.chmod(program, os.stat(program).st_mode | stat.S_IXUSR)
            with mock.patch.dict(os.environ, {'PATH': directory + os.pathsep + os.environ['PATH']}):
                self.assertEqual(system_metrics.GpuMonitor('').look(), {})
                monitor = system_metrics.GpuMonitor('3')
                found = wait_until(monitor.look, seconds=60, what='figures of the GPU')
                self.assertEqual(found['gpu_0_utilization_percentage'], 42.0)
                monitor.close()


if __name__ == '__main__':
    unittest.main()
