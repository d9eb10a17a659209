import argparse
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument('--numbers')
parser.add_argument('--times', type=int)
parser.add_argument('--sum')
arguments = parser.parse_args()
total = arguments.times * sum(int(line) for line in open(arguments.numbers))
print('sum is', total)
folder = pathlib.Path(arguments.sum)
folder.mkdir(parents=True, exist_ok=True)
(folder / 'sum.txt').write_text(f'{total}\n')
