"""Python side of Fulcrum: job wrapper, scoring worker, environment builder.

Standard library only and Python 3.8 syntax, because the job wrapper runs with whatever
``python3`` the host has and the scoring worker runs inside the user's own environment.
"""

__version__ = '0.1.0'
