import type { Guide } from '../guide.ts'
import { decideGate, releasePage } from '../release.ts'
import { deployInTest, recordReferencePredictions, runStagingSuite } from '../staging.ts'

/** Step 6: the same digest is deployed in test, the staging suite brings evidence, the model tester decides. */
export async function stageModel(guide: Guide): Promise<string> {
  await deployInTest(guide, '1', 'blue')
  await recordReferencePredictions(guide)
  await runStagingSuite(guide, { version: '1', deployment: 'blue', months: '3' })
  await decideGate(guide, {
    version: '1',
    gate: 'gate-2',
    approver: 'theo',
    comment: 'Answers as the model says, fast enough, no failures.',
  })
  return releasePage(guide, '1')
}
