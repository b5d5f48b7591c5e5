import { defineConfig } from 'vitest/config'

// One worker at a time where real processes run: two cores, and the scenarios own databases, brokers and ports.
export default defineConfig({
  test: {
    include: ['*/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'data/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: ['platform/test-database-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
})
