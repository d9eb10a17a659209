import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The oldest SDK we support and the newest; and what the oldest needs besides to be imported by a current Python. */
export const sdkVersions = ['1.4.0', '1.35.2'] as const
export type SdkVersion = (typeof sdkVersions)[number]
const besides: Readonly<Record<SdkVersion, readonly string[]>> = { '1.4.0': ['six', 'marshmallow<3.24'], '1.35.2': [] }

/** An interpreter with the SDK; made on first use, in the cache that the other tests with the SDK use. */
export async function sdkPython(version: SdkVersion): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fulcrum-tests', `azure-ai-ml-${version}`)
  const python = join(cache, 'bin', 'python')
  if (existsSync(join(cache, 'complete'))) return python
  await mkdir(cache, { recursive: true })
  await run('python3', ['-m', 'venv', cache])
  const packages = [`azure-ai-ml==${version}`, 'azure-identity', 'setuptools<81', ...besides[version]]
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], { timeout: 900_000 })
  await writeFile(join(cache, 'complete'), '')
  return python
}
