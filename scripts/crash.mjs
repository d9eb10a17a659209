import { build, checkNode, install, run } from './setup.mjs'

/** `npm run crash -- --seeds 200`: the crash matrix with so many seeds; 4 are part of `npm run test:slow`. */
checkNode()
install()
await build()
const at = process.argv.indexOf('--seeds')
const seeds = at < 0 ? 200 : Number(process.argv[at + 1])
if (!Number.isInteger(seeds) || seeds < 1) {
  process.stderr.write('Say how many: npm run crash -- --seeds 200\n')
  process.exit(1)
}
run(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--config', 'scripts/vitest.crash.config.ts', 'packages/server/test/crash/matrix'],
  { env: { ...process.env, FULCRUM_CRASH_MATRIX: String(seeds) } },
)
