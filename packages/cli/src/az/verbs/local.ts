import type { Call } from '../commands/command.ts'
import { notSupported } from '../failure.ts'

/** @throws when `--local` is asked for: nothing here runs in containers of the caller's computer */
export function refuseLocal(call: Call): void {
  if (call.values.flag('local'))
    throw notSupported(
      'Local endpoints and deployments are not supported: they run in containers of the Azure CLI.',
      'Leave --local away: an instance of Fulcrum on this computer serves the same files as processes.',
    )
}
