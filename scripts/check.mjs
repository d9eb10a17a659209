import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { checkNode, install, root, say, seconds } from './setup.mjs'

/** Lint, format, types, dead code. Every step runs, so that one report names all there is to mend. */
checkNode()
install()
const bin = (name) => join(root, 'node_modules/.bin', name)
const packages = ['contract', 'sdk', 'cli', 'server', 'testkit', 'studio']
const steps = [
  ['lint', bin('oxlint'), ['--deny-warnings', 'packages', 'scripts']],
  ['format', bin('oxfmt'), ['--check', 'packages', 'scripts']],
  ...packages.map((name) => [`types of ${name}`, bin('tsc'), ['-p', `packages/${name}`]]),
  ['dead code', bin('knip'), ['--no-progress']],
]
const failed = []
for (const [name, command, args] of steps) {
  const since = Date.now()
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  say(`${name}: ${result.status === 0 ? 'ok' : 'FAILED'} (${seconds(since)})`)
  if (result.status !== 0) {
    failed.push(name)
    process.stdout.write(`${result.stdout}${result.stderr}\n`)
  }
}
if (failed.length > 0) {
  process.stderr.write(`Failed: ${failed.join(', ')}\n`)
  process.exit(1)
}
