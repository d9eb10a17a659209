import type { EngineParts, StepProcesses } from './engine-types.ts'
import type { RunIdentities } from './run-identity.ts'
import type { StepLedger } from './step-ledger.ts'
import type { StepReads } from './step-reads.ts'

/** What bringing attempts to their end needs. */
export interface DriverParts extends EngineParts {
  readonly processes: StepProcesses
  readonly ledger: StepLedger
  readonly identities: RunIdentities
  readonly reads: StepReads
}
