const words: Readonly<Record<string, string>> = {
  ok: 'Healthy',
  breach: 'Breached',
  no_data: 'NoData',
  insufficient_samples: 'TooFewSamples',
  degenerate: 'Degenerate',
  not_judged: 'NotJudged',
  error: 'Error',
}

/** The state of a metric, a signal or a monitor's run as a status word. */
export function statusOfVerdict(verdict: string): string {
  return words[verdict] ?? verdict
}
