import { defineConfig } from 'vitest/config'

/** The slow group 'yaml': our translation of YAML against what the unmodified SDK sends. */
export default defineConfig({
  test: { include: ['packages/cli/test/sdk/**/*.slow.test.ts'], pool: 'forks', maxWorkers: 1, testTimeout: 600_000 },
})
