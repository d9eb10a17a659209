import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startTestServer } from '@fulcrum/testkit'
import { expect, it } from 'vitest'
import { createWorkspaceFixture } from '../workspace-fixture.ts'

const run = promisify(execFile)
/** What the script needs; the environment is kept under a name that changes with it. */
const packages = ['mlflow-skinny==3.17.2', 'scikit-learn==1.9.1', 'pandas==3.1.1']
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fulcrum-tests', 'mlflow-3.17.2')
const python = join(cache, 'bin', 'python')

/** The interpreter with the client installed, or why there is none. */
async function clientPython(): Promise<{ python: string } | { reason: string }> {
  if (existsSync(join(cache, 'complete'))) return { python }
  try {
    await mkdir(cache, { recursive: true })
    await run('python3', ['-m', 'venv', cache])
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], { timeout: 600_000 })
    await writeFile(join(cache, 'complete'), '')
    return { python }
  } catch (error) {
    return { reason: error instanceof Error ? (error.message.split('\n')[0] ?? 'unknown') : String(error) }
  }
}

it('the stock MLflow client logs, searches, registers and loads', async (test) => {
  const client = await clientPython()
  if ('reason' in client) {
    test.skip(`SKIPPED: the MLflow client could not be installed (python3 and a package index are needed): ${client.reason}`)
    return
  }
  await using server = await startTestServer({ listen: true })
  const workspace = await createWorkspaceFixture(server)
  const { stdout } = await run(client.python, [join(import.meta.dirname, 'mlflow_client.py')], {
    timeout: 300_000,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      GIT_PYTHON_REFRESH: 'quiet',
      MLFLOW_TRACKING_URI: `${server.url}${workspace.mlflow}`,
      MLFLOW_TRACKING_TOKEN: workspace.token,
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
      MLFLOW_DISABLE_TELEMETRY: 'true',
    },
  })
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { passed: string[] }
  expect(result.passed).toContain('load models:/churn-model@champion')
  expect(result.passed.at(-1)).toBe('restored run')
}, 900_000)
