import { expect, test } from 'vitest'
import { likelyReason } from './likely-reason.ts'

const environment = '/subscriptions/s/…/environments/train/versions/3'

test.each<[string, number | undefined, string[], RegExp]>([
  [
    'a missing package',
    1,
    ['Traceback (most recent call last):', "ModuleNotFoundError: No module named 'sklearn.svm'"],
    /package 'sklearn' is missing in environment 'train:3'/,
  ],
  [
    'what an input lacks',
    1,
    ["FileNotFoundError: [Errno 2] No such file or directory: '/d/jobs/x/inputs/data/train.csv'"],
    /^Input 'data' has no 'train.csv'/,
  ],
  ['a path of nowhere', 1, ["FileNotFoundError: [Errno 2] No such file or directory: 'trian.csv'"], /^There is no 'trian.csv'/],
  [
    'a folder for a file',
    1,
    ["IsADirectoryError: [Errno 21] Is a directory: '/d/inputs/data'"],
    /is a folder; the program expects a file/,
  ],
  [
    'a missing script',
    2,
    ["python: can't open file '/d/code/trian.py': [Errno 2] No such file or directory"],
    /script 'trian.py' is not in the code/,
  ],
  ['a missing program', 127, ['bash: line 1: Rscrip: command not found'], /no program 'Rscrip'/],
  ['no right to write', 1, ["PermissionError: [Errno 13] Permission denied: '/etc/x'"], /'\/etc\/x' may not be written/],
  ['a script without the right to run', 126, ['bash: line 1: ./run.sh: Permission denied'], /'bash run.sh'/],
  ['wrong arguments', 2, ['train.py: error: the following arguments are required: --data'], /required: --data/],
  ['an exit code alone', 127, ['done'], /not found \(exit code 127\)/],
  ['a crash', 139, [], /segmentation fault/],
  ['the last error line', 1, ['\u001b[31mValueError: bad\u001b[0m', 'fulcrum: stopping'], /^ValueError: bad$/],
  [
    'the cause, not what stood before it',
    1,
    ["KeyError: 'a'", 'During handling …', "ModuleNotFoundError: No module named 'x'"],
    /package 'x'/,
  ],
])('%s', (_what, exitCode, lastLogLines, reason) => {
  expect(likelyReason({ code: 'UserError', lastLogLines, ...(exitCode === undefined ? {} : { exitCode }) }, environment)).toMatch(
    reason,
  )
})

test('memory comes before the log, and nothing is made up', () => {
  expect(likelyReason({ code: 'OutOfMemory', exitCode: 137, lastLogLines: ["KeyError: 'a'"] })).toContain('more memory')
  expect(likelyReason({ code: 'UserError', exitCode: 1, lastLogLines: ['hello'] })).toBeUndefined()
  expect(likelyReason({ code: 'UserError', exitCode: 1, lastLogLines: ["ModuleNotFoundError: No module named 'x'"] })).toContain(
    'names no environment',
  )
})
