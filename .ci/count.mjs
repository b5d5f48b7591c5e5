// Prints `N passed, N failed` from vitest's JSON report. A test file that could not even be loaded counts as
// one failed test, and so does a missing report. Exits non-zero unless something passed and nothing failed.
import { readFileSync } from 'node:fs'

const { numPassedTests, numFailedTests, testResults } = readReport(process.argv[2])
const unloaded = testResults.filter(({ status, assertionResults }) => {
  return status === 'failed' && !assertionResults.some((result) => result.status === 'failed')
})
const failed = numFailedTests + unloaded.length
console.log(`${numPassedTests} passed, ${failed} failed`)
process.exitCode = numPassedTests > 0 && failed === 0 ? 0 : 1

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, testResults: [] }
  }
}
