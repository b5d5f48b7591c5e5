import { defineConfig } from 'vitest/config'

// Two kinds of test: those beside the code; then those of test/, which start real processes, each with a
// database, a broker and ports of its own, and wait more than they work. Either two files at a time.
export default defineConfig({
  test: {
    globalSetup: ['platform/test-database-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['*/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'data/**', 'test/**'],
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          maxWorkers: 2,
          // Longer than a scenario waits for anything (watch.ts, story.ts), so that it can tell its story.
          testTimeout: 90_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
