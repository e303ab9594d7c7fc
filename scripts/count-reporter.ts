import type { Reporter, TestModule } from 'vitest/node'

/** How many tests ended how; `failed` also counts what kept a file from being collected. */
export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** The closing line of a test run: `12 passed, 0 failed`, then `, 3 skipped` if any were. */
export const countLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`

/**
 * Counts the tests of all files. A file or suite that failed by itself (an import, a hook) counts as one failure,
 * as does each error outside any test.
 */
export function count(modules: readonly TestModule[], errorsOutside = 0): Counts {
  const counts: Counts = { passed: 0, failed: errorsOutside, skipped: 0 }
  for (const module of modules) {
    counts.failed += module.errors().length
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      counts[state === 'pending' ? 'failed' : state] += 1
    }
  }
  return counts
}

/** Prints the closing line after everything else; to be listed after the default reporter. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const line = countLine(count(modules, errors.length))
    // The default reporter prints its summary in the same event: leave it the time to finish.
    process.once('exit', () => process.stdout.write(`${line}\n`))
  }
}
