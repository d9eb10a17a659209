import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, checkNode, install, root, say, seconds } from './setup.mjs'

/**
 * `npm test`: what a change must pass. `npm run test:slow`: kill -9 and other people's clients. `npm test -- unit crash` runs the
 * named groups only. What this host cannot run is skipped loudly, with the reason, in the closing lines.
 */
checkNode()
install()
await build()

const report = join(root, '.cache', 'report.json')
const vitest = (name, config) => ({
  name,
  command: process.execPath,
  args: [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
})
const chromium =
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path)) ??
  process.env.CHROMIUM

const groups = [
  { name: 'check', command: process.execPath, args: ['scripts/check.mjs'] },
  vitest('unit', 'vitest.config.ts'),
  {
    name: 'python',
    command: process.env.FULCRUM_PYTHON ?? 'python3',
    args: ['-m', 'unittest', 'discover', '-s', 'python/tests'],
  },
  {
    ...vitest('journeys', 'scripts/vitest.journeys.config.ts'),
    needs: chromium ? undefined : 'no Chromium on this host (install the package "chromium" or set CHROMIUM)',
  },
  { ...vitest('crash', 'scripts/vitest.crash.config.ts'), slow: true },
  { ...vitest('compat', 'scripts/vitest.compat.config.ts'), slow: true },
  { ...vitest('azure', 'scripts/vitest.azure.config.ts'), slow: true },
  { ...vitest('yaml', 'scripts/vitest.yaml.config.ts'), slow: true },
]

const slow = process.argv.includes('--slow')
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('-'))
const unknown = wanted.filter((name) => !groups.some((group) => group.name === name))
if (unknown.length > 0) {
  process.stderr.write(`Unknown group '${unknown[0]}'. Groups: ${groups.map((group) => group.name).join(', ')}.\n`)
  process.exit(1)
}

const totals = { passed: 0, failed: 0, skipped: 0 }
const notes = []
for (const group of groups) {
  if (wanted.length > 0 ? !wanted.includes(group.name) : (group.slow === true) !== slow) continue
  if (group.needs !== undefined) {
    totals.skipped += 1
    notes.push(`SKIPPED ${group.name}: ${group.needs}`)
    continue
  }
  await runGroup(group)
}
for (const note of notes) say(note)
process.stdout.write(`\nfulcrum: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0)

async function runGroup(group) {
  const since = Date.now()
  rmSync(report, { force: true })
  say(`${group.name} …`)
  const { code, output } = await execute(group)
  const counts = countsOf(group, code, output)
  totals.passed += counts.passed
  totals.failed += counts.failed
  totals.skipped += counts.skipped.length
  for (const name of counts.skipped) notes.push(`SKIPPED ${group.name}: ${name}`)
  notes.push(`${code === 0 ? 'passed' : 'FAILED'} ${group.name} in ${seconds(since)}`)
}

function execute({ command, args }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONPATH: join(root, 'python'), CHROMIUM: chromium ?? '' },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
        process.stdout.write(chunk)
      })
    }
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
    child.on('error', (error) => resolve({ code: 1, output: String(error) }))
  })
}

/** Tests of a group; a group that is one command counts as one, and a failed run without a report as one failure. */
function countsOf(group, code, output) {
  const failed = code === 0 ? 0 : 1
  if (existsSync(report)) {
    const json = JSON.parse(readFileSync(report, 'utf8'))
    const tests = json.testResults.flatMap((file) => file.assertionResults)
    const skipped = tests.filter((test) => test.status === 'skipped' || test.status === 'pending').map((test) => test.fullName)
    return { passed: json.numPassedTests, failed: Math.max(json.numFailedTests, failed), skipped }
  }
  const ran = /^Ran (\d+) tests?/m.exec(output)?.[1]
  return { passed: code === 0 ? Number(ran ?? 1) : 0, failed, skipped: [] }
}
