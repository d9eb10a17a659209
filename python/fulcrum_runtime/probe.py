"""``python3 -m fulcrum_runtime.probe``: what this host can isolate and limit, as JSON, found out by doing."""

import json
import os
import platform
import resource
import sys

from . import cgroups, process_tree, sandbox


def probe():
    """{platform, python, bubblewrap{…}, cgroup{version, limits, kill, reasons}, subreaper, processors, memoryBytes}."""
    capability, reasons = sandbox.probe('host')
    without_network, network_reasons = sandbox.probe('none') if capability else (None, [])
    group, problems = cgroups.create('fulcrum-probe-%d' % os.getpid(), {'memoryBytes': 1 << 30, 'pids': 64, 'cpuCount': 1})
    cgroup = {'version': None, 'limits': {}, 'kill': False, 'reasons': problems}
    if group:
        can_kill = any(os.path.exists(os.path.join(path, 'cgroup.kill')) for path in group.paths.values())
        cgroup = {'version': group.version, 'limits': group.limits, 'kill': can_kill, 'reasons': problems}
        group.remove()
    return {
        'platform': platform.platform(),
        'python': platform.python_version(),
        'user': os.getuid(),
        'bubblewrap': dict({'available': capability is not None, 'reasons': reasons}, **(capability or {})),
        'networkIsolation': {'available': without_network is not None, 'reasons': network_reasons},
        'cgroup': cgroup,
        'subreaper': process_tree.become_subreaper(),
        'openFilesLimit': resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        'processors': len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count(),
        'memoryBytes': os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE'),
    }


if __name__ == '__main__':
    json.dump(probe(), sys.stdout, indent=2)
    sys.stdout.write('\n')
