import { defineConfig } from 'vitest/config'

/** The slow group 'journeys': one file at a time. */
export default defineConfig({
  test: {
    include: ['packages/studio/journeys/**/*.slow.test.ts'],
    globalSetup: ['packages/server/test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    passWithNoTests: true,
  },
})
