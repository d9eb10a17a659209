"""``from azureml_user.parallel_run import EntryScript``: a singleton with ``logger``, ``log_dir``, ``dir``, ``working_dir``, ``output_dir``."""

import logging
import os


class EntryScript:
    """What an entry script may ask about its surroundings; every call gives the same object."""

    _only = None

    def __new__(cls):
        if cls._only is None:
            cls._only = super().__new__(cls)
            cls._only._fill()
        return cls._only

    def _fill(self):
        self.dir = os.environ.get('FULCRUM_ENTRY_DIRECTORY', os.getcwd())
        self.working_dir = os.getcwd()
        self.output_dir = os.environ.get('AZUREML_BI_OUTPUT_PATH', os.path.join(os.getcwd(), 'outputs'))
        self.log_dir = os.path.join(os.getcwd(), 'logs', 'user')
        os.makedirs(self.log_dir, exist_ok=True)
        self.logger = logging.getLogger('EntryScript')
        level = getattr(logging, os.environ.get('FULCRUM_LOGGING_LEVEL', 'INFO').upper(), logging.INFO)
        self.logger.setLevel(level)
        if not self.logger.handlers:
            handler = logging.FileHandler(os.path.join(self.log_dir, 'entry_script_%d.log.txt' % os.getpid()))
            handler.setFormatter(logging.Formatter('%(asctime)s|%(levelname)s|%(process)d|%(message)s'))
            self.logger.addHandler(handler)
