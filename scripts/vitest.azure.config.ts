import { defineConfig } from 'vitest/config'

/** The slow group 'azure': the unmodified Azure ML SDKs against the built platform. */
export default defineConfig({
  test: {
    include: ['packages/server/test/azure-sdk/**/*.slow.test.ts', 'packages/cli/test/az/*.slow.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 1_200_000,
    hookTimeout: 600_000,
  },
})
