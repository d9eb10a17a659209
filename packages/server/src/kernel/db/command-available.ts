import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Whether a program of this name can be started on this host. */
export async function isCommandAvailable(name: string): Promise<boolean> {
  return promisify(execFile)(name, ['--version']).then(
    () => true,
    () => false,
  )
}
