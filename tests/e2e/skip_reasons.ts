/** Prints why tests were skipped, which Playwright's list of them leaves out. */
import type { Reporter, TestCase } from '@playwright/test/reporter';

export default class SkipReasons implements Reporter {
  /** Tests by reason. */
  readonly #skipped = new Map<string, number>();

  onTestEnd(test: TestCase): void {
    const skip = test.annotations.find(({ type }) => type === 'skip');
    if (!skip) return;
    const reason = skip.description ?? `no reason given: ${test.titlePath().join(' › ')}`;
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
  }

  onEnd(): void {
    for (const [reason, tests] of this.#skipped) console.log(`  skipped ${tests}: ${reason}`);
  }
}
