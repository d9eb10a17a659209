"""Errors of the scoring worker and how they are told to the gateway."""

import difflib


class InputError(Exception):
    """The request is at fault: answered with ``status`` (400 unless told), naming the column when there is one."""

    def __init__(self, message, column=None, status=400):
        super().__init__(message)
        self.column = column
        self.status = status


class LoadError(Exception):
    """The script or model cannot be loaded; ``code`` is Azure's deployment failure code. Exit status 3."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class DeadlineExceeded(BaseException):
    """Raised by the alarm inside user code; a BaseException so that ``except Exception`` does not swallow it."""


def nearest(name, candidates):
    """`` (did you mean 'x'?)`` for the most similar candidate, or an empty text."""
    found = difflib.get_close_matches(str(name), [str(c) for c in candidates], n=1, cutoff=0.5)
    return " (did you mean '%s'?)" % found[0] if found else ''
