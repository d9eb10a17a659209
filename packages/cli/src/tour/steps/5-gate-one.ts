import type { Guide } from '../guide.ts'
import { decideGate, promoteToRegistry, refuseBefore, releasePage } from '../release.ts'

/** Step 5: nobody gets round the gate, the author least of all; the project lead decides on the evidence. */
export async function passGateOne(guide: Guide): Promise<string> {
  await refuseBefore(guide, '1')
  await decideGate(guide, {
    version: '1',
    gate: 'gate-1',
    approver: 'lena',
    author: 'ana',
    comment: 'Metrics above the bar, carriers treated alike.',
  })
  await promoteToRegistry(guide, '1')
  return releasePage(guide, '1')
}
