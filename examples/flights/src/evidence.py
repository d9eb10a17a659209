"""Evidence for the gates: one JSON file per kind, in the form the platform reads from a job's `evidence` output."""

import json
import os


def check(name, value, at_least=None, at_most=None):
    """A single comparison. A missing value never passes."""
    threshold = at_least if at_least is not None else at_most
    passed = value is not None and (value >= threshold if at_least is not None else value <= threshold)
    return {'name': name, 'value': value, 'threshold': threshold, 'passed': bool(passed)}


def write(folder, gate, kind, summary, checks, measurements=None):
    """Write `kind.json`; the verdict is `pass` when every check passed. The platform adds the digest it examined."""
    os.makedirs(folder, exist_ok=True)
    verdict = 'pass' if checks and all(entry['passed'] for entry in checks) else 'fail'
    document = {'gate': gate, 'kind': kind, 'verdict': verdict, 'summary': summary, 'checks': checks, 'measurements': measurements or {}}
    with open(os.path.join(folder, kind + '.json'), 'w', encoding='utf-8') as stream:
        json.dump(document, stream, indent=2)
    print('%s: %s (%s)' % (kind, verdict, summary), flush=True)
    return document
