import type { Series } from '../../charts/prepare-lines.ts'
import type { Step } from '../../graph/prepare-graph.ts'

/** Fixed example values for the gallery: a picture of a component must not change by itself. */
export const sampleSeries: readonly Series[] = ['train', 'validation', 'baseline'].map((label, run) => ({
  id: label,
  label,
  points: Array.from({ length: 80 }, (_, step) => ({
    x: step,
    y: 0.9 * Math.exp(-step / (18 + run * 9)) + 0.08 + run * 0.045 + 0.025 * Math.sin(step * (1.3 + run)) * Math.cos(step * 0.7),
  })),
}))

const at = (minute: number) => `2026-03-12T10:${String(minute).padStart(2, '0')}:00Z`

export const sampleSteps: readonly Step[] = [
  { id: 'prepare', label: 'prepare', detail: 'prep@3', status: 'Completed', startedAt: at(0), endedAt: at(4), needs: [] },
  {
    id: 'profile',
    label: 'profile',
    detail: 'profile@1',
    status: 'Reused',
    startedAt: at(4),
    endedAt: at(4),
    needs: [{ id: 'prepare' }],
  },
  {
    id: 'train-gbm',
    label: 'train-gbm',
    detail: 'train@7',
    status: 'Completed',
    startedAt: at(4),
    endedAt: at(19),
    needs: [{ id: 'prepare' }],
  },
  {
    id: 'train-mlp',
    label: 'train-mlp',
    detail: 'train@7',
    status: 'Failed',
    startedAt: at(4),
    endedAt: at(11),
    needs: [{ id: 'prepare' }],
  },
  {
    id: 'evaluate',
    label: 'evaluate',
    detail: 'eval@2',
    status: 'Running',
    startedAt: at(19),
    endedAt: at(24),
    needs: [{ id: 'train-gbm' }, { id: 'profile' }],
  },
  { id: 'compare', label: 'compare', detail: 'eval@2', status: 'NotStarted', needs: [{ id: 'train-mlp' }, { id: 'evaluate' }] },
]

export const sampleLog = [
  '\u001B[2m10:00:01\u001B[0m \u001B[32mINFO\u001B[0m  loading 40,120 rows from inbox',
  '\u001B[2m10:00:03\u001B[0m \u001B[32mINFO\u001B[0m  split train 32,096 · test 8,024',
  '\u001B[2m10:00:04\u001B[0m \u001B[33mWARN\u001B[0m  column "tenure" has 112 missing values, filled with the median',
  ...Array.from(
    { length: 24 },
    (_, epoch) =>
      `\u001B[2m10:0${1 + Math.floor(epoch / 6)}:${10 + (epoch % 6) * 8}\u001B[0m \u001B[32mINFO\u001B[0m  epoch ${epoch + 1}/24 \u001B[36mloss\u001B[0m ${(0.9 * 0.88 ** epoch).toFixed(4)}`,
  ),
  '\u001B[1;31mTraceback (most recent call last):\u001B[0m',
  '  File "train.py", line 88, in <module>',
  '\u001B[31mMemoryError: unable to allocate 3.1 GiB for an array with shape (40120, 10240)\u001B[0m',
].join('\n')

export const sampleResource = {
  id: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-dev/providers/Microsoft.MachineLearningServices/workspaces/churn',
  name: 'churn',
  tags: { stage: 'dev', 'cost-centre': '0042' },
  properties: {
    provisioningState: 'Succeeded',
    publicNetworkAccess: true,
    quota: 12,
    hosts: ['10.0.0.4', '10.0.0.5'],
    description: null,
  },
}
