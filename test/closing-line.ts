// The runner's own counts as one plain last line, `N passed, N failed`, which CI reads.
import type { Reporter, TestModule } from 'vitest/node'

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<unknown>): void {
    let passed = 0
    // Format, lint and types run before the tests (scripts/test.mjs); what failed there is a failure of the run.
    let failed = unhandled.length + (process.env.CROSSLINE_FAILED_CHECKS?.split(', ').length ?? 0)
    let skipped = 0
    // Nothing to run is no success.
    if (modules.length === 0) failed += 1
    for (const module of modules) {
      // A file that does not even load has no tests to count, and must not count as none failed.
      if (module.state() === 'failed' && [...module.children.allTests()].length === 0) failed += 1
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        else if (state === 'failed') failed += 1
        else skipped += 1
      }
    }
    const line = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
    // After the default reporter's summary, so that it is the last line.
    process.on('exit', () => process.stdout.write(`\n${line}\n`))
  }
}
