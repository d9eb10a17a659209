import { expect, it } from 'vitest'
import { likelyReason } from './failure.ts'

it('reads the reason from the end of a traceback, past what was printed after it', () => {
  const lastLogLines = [
    'epoch 1: error 0.3',
    'Traceback (most recent call last):',
    '  File "train.py", line 3, in <module>',
    '    rows["b"]',
    "KeyError: 'b'",
    'cleaning up',
  ]
  expect(likelyReason({ message: 'the command ended with exit code 1', lastLogLines })).toBe("KeyError: 'b'")
})

it('takes the last line that looks like a failure where there is no traceback, without its colours', () => {
  const escape = String.fromCodePoint(27)
  expect(likelyReason({ lastLogLines: ['loading', `${escape}[31merror: no space left${escape}[0m`, 'bye'] })).toBe(
    'error: no space left',
  )
  expect(likelyReason({ lastLogLines: ['loading', 'bye'] })).toBeUndefined()
  expect(likelyReason({})).toBeUndefined()
})

it('does not repeat what the message says', () => {
  expect(likelyReason({ message: "ended with KeyError: 'b'", lastLogLines: ["KeyError: 'b'"] })).toBeUndefined()
})

it('takes what the server says of it first', () => {
  expect(likelyReason({ likelyReason: 'The disk is full.', lastLogLines: ["KeyError: 'b'"] })).toBe('The disk is full.')
})
