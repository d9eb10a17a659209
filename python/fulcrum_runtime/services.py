"""Programs beside a job's command: JupyterLab and TensorBoard from the job's environment, or a port of the command's own.

``spec.services``: ``{name: {type: JupyterLab | TensorBoard | Custom, port?, logDirectory?}}``. They run like a rank (sandbox, control
group, credentials), on the loopback interface, and end with the attempt. One that cannot start does not end the job: its state says why.
"""

import os
import secrets
import shutil

from .distribution import HOST, free_ports
from .job_processes import JobProcess, job_environment

PROGRAMS = {'JupyterLab': ('jupyter-lab', 'jupyterlab'), 'TensorBoard': ('tensorboard', 'tensorboard')}


class Service:
    """One service: what was asked for, its process if it has one, and its state for the records."""

    def __init__(self, name, settings, spec):
        self.name = name
        self.kind = settings['type']
        self.port = settings.get('port')
        self.log_directory = os.path.join(spec.work_directory, settings.get('logDirectory') or 'outputs')
        self.spec = spec
        self.token = secrets.token_urlsafe(24) if self.kind == 'JupyterLab' else None
        self.job = None
        self.error = None
        self.started = False

    def start(self, launcher):
        """Start its program; a failure is kept for the record."""
        self.started = True
        if self.kind == 'Custom':
            return
        sandboxed = launcher.capability is not None
        environment = job_environment(self.spec, 0, sandboxed)
        program, package = PROGRAMS[self.kind]
        found = shutil.which(program, path=environment['PATH'])
        if found is None:
            self.error = "there is no %s in the environment of this job; add the package '%s' to it" % (program, package)
            return
        self.port = self.port or free_ports(1)[0]
        if self.token:
            # By the environment: whoever lists processes would read it in the arguments.
            environment['JUPYTER_TOKEN'] = self.token
        self.job = JobProcess(0, os.path.join(self.spec.log_directory, 'service_%s.txt' % self.name))
        try:
            launcher.spawn(self.job, self.command(found), environment)
        except OSError as error:
            self.error = 'it cannot be started: %s' % error

    def command(self, program):
        """The command line."""
        if self.kind == 'JupyterLab':
            return [program, '--no-browser', '--allow-root', '--ip=' + HOST, '--port=%d' % self.port, '--ServerApp.port_retries=0',
                    '--ServerApp.root_dir=' + self.spec.work_directory]
        return [program, '--host', HOST, '--port', str(self.port), '--logdir', self.log_directory]

    def poll(self):
        """True when its program has just ended by itself."""
        if self.job is None or self.error or self.job.poll() is None:
            return False
        self.error = 'it ended with code %d; see its log service_%s.txt' % (self.job.exit_code, self.name)
        return True

    def record(self):
        """Its state, in Azure's words; ``token`` is for who submitted the job only."""
        path = {'JupyterLab': '/lab'}.get(self.kind, '')
        listens = self.started and not self.error
        return {'jobServiceType': self.kind, 'port': self.port, 'errorMessage': self.error,
                'status': 'Failed' if self.error else 'Running' if self.started else 'NotStarted',
                'endpoint': 'http://%s:%d%s' % (HOST, self.port, path) if listens else None,
                'token': self.token if listens else None}


class Services:
    """All services of an attempt."""

    def __init__(self, spec):
        self.all = [Service(name, settings, spec) for name, settings in sorted(spec.services.items())]

    def start(self, launcher):
        """Start them; returns lines for the job's log about those that cannot be had."""
        for service in self.all:
            service.start(launcher)
        return ["service '%s': %s" % (service.name, service.error) for service in self.all if service.error]

    def poll(self):
        """True when the state of one has changed."""
        return any([service.poll() for service in self.all])

    def processes(self):
        """What was started, as the launcher's processes."""
        return [service.job for service in self.all if service.job and service.job.process]

    def records(self):
        """{name: state}."""
        return {service.name: service.record() for service in self.all}
