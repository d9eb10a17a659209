import argparse
import os
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument('--data')
parser.add_argument('--name', default='world')
parser.add_argument('--out')
parser.add_argument('--fail', action='store_true')
arguments = parser.parse_args()
print('hello', arguments.name, flush=True)
lines = pathlib.Path(arguments.data).read_text().splitlines() if arguments.data else []
print('lines', len(lines), flush=True)
if arguments.fail:
    raise SystemExit('told to fail')
if arguments.out:
    pathlib.Path(arguments.out, 'greeting.txt').write_text('hello %s, %d lines\n' % (arguments.name, len(lines)))
os.makedirs('outputs', exist_ok=True)
pathlib.Path('outputs', 'note.txt').write_text('default artifact\n')
