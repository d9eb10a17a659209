"""Programs beside a job: started with its environment, announced with their address, ended with it."""

import json
import os
import shutil
import tempfile
import unittest
import urllib.request

from support import Attempt, read_text, wait_until

# Answers like JupyterLab in what matters here: listens where it is told, and asks for the token that its environment holds.
STAND_IN = '''#!/usr/bin/env python3
import http.server, os, sys
options = dict(a.lstrip('-').split('=', 1) for a in sys.argv[1:] if '=' in a)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        good = self.path.endswith('token=' + os.environ['JUPYTER_TOKEN'])
        self.send_response(200 if good else 403)
        self.end_headers()
        self.wfile.write(options['ServerApp.root_dir'].encode())
    def log_message(self, *_):
        pass
http.server.HTTPServer((options['ip'], int(options['port'])), Handler).serve_forever()
'''


class Services(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix='attempt-')
        self.addCleanup(shutil.rmtree, self.directory, True)
        tools = os.path.join(self.directory, 'tools')
        os.makedirs(tools)
        with open(os.path.join(tools, 'jupyter-lab'), 'w') as stream:
            stream.write(STAND_IN)
        os.chmod(os.path.join(tools, 'jupyter-lab'), 0o755)
        self.tools = tools

    def states(self, attempt):
        text = read_text(attempt.path('status.json'))
        states = json.loads(text)['services'] if text else {}
        return states if all(state['status'] != 'NotStarted' for state in states.values()) else {}

    def answer(self, url):
        try:
            with urllib.request.urlopen(url, timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ''
        except OSError:
            return None

    def test_a_notebook_server_listens_until_the_job_ends(self):
        for isolation in ('none', 'best-effort'):
            attempt = Attempt(self.directory, 'until [ -e stop ]; do sleep 0.05; done', pythonBinDirectory=self.tools,
                              isolation=isolation, services={'lab': {'type': 'JupyterLab'}}).start()
            state = wait_until(lambda: self.states(attempt), what='services')['lab']
            wait_until(lambda: self.answer(state['endpoint']), what='the server')
            self.assertEqual(self.answer(state['endpoint'])[0], 403)
            self.assertEqual(self.answer('%s?token=%s' % (state['endpoint'], state['token'])), (200, attempt.path('work')))
            with open(attempt.path('work', 'stop'), 'w'):
                pass
            self.assertEqual(attempt.finish()['exitCode'], 0)
            self.assertIsNone(self.answer(state['endpoint']))
            for name in ('exit.json', 'work/stop', 'status.json'):
                os.unlink(attempt.path(name))

    def test_a_service_that_is_not_in_the_environment_is_said_not_hidden(self):
        attempt = Attempt(self.directory, 'true', env={'PATH': '/usr/bin:/bin'}, services={'board': {'type': 'TensorBoard'}}).start()
        self.assertEqual(attempt.finish()['exitCode'], 0)
        state = json.loads(read_text(attempt.path('status.json')))['services']['board']
        self.assertEqual((state['status'], state['endpoint']), ('Failed', None))
        self.assertIn("add the package 'tensorboard'", attempt.log())


if __name__ == '__main__':
    unittest.main()
