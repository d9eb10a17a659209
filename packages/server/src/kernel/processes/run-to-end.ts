import { execFile } from 'node:child_process'

export interface FinishedProcess {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a short helper program to its end, without a shell. @throws Error it cannot be started or takes longer than `timeoutMs` */
export function runToEnd(
  program: string,
  programArguments: readonly string[],
  options: { readonly environment: Readonly<Record<string, string>>; readonly timeoutMs: number; readonly workDirectory?: string },
): Promise<FinishedProcess> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...programArguments],
      { env: { ...options.environment }, timeout: options.timeoutMs, cwd: options.workDirectory, maxBuffer: 16 * 1024 * 1024, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ exitCode: 0, stdout, stderr })
        if (error.killed === true) return reject(new Error(`${program} took longer than ${options.timeoutMs} ms`))
        if (typeof error.code === 'number') return resolve({ exitCode: error.code, stdout, stderr })
        return reject(error)
      },
    )
  })
}
