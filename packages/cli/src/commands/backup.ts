import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { OutcomeError } from '../cli-errors.ts'
import { readEnvironment } from '../environment.ts'
import { serverEntry } from '../install-directory.ts'

/** Runs the server's backup or restore on the data directory of this host. */
export async function copyInstance(verb: 'backup' | 'restore', directory: string): Promise<void> {
  const environment = readEnvironment()
  const child = spawn(process.execPath, [serverEntry(), verb, resolve(directory)], {
    env: { ...environment.inherited, FULCRUM_HOME: environment.dataDirectory },
    stdio: 'inherit',
  })
  const code = await new Promise<number>((done, reject) => {
    child.once('error', reject)
    child.once('exit', (exitCode) => done(exitCode ?? 1))
  })
  if (code !== 0) throw new OutcomeError(`The ${verb} ended with ${code}.`)
}
