/**
 * Red team: every attempt to get an embedding out fails behind the seal and, to prove that it is one, succeeds without it. A file of
 * tests for each browser, as minutes are waited for what must not come: they wait at once.
 */
import { expect, test } from '@playwright/test';
import * as frame from '../../lib/escapes/frame.mjs';
import { gather, type Page } from '../../lib/escapes/gather.mjs';
import * as worker from '../../lib/escapes/worker.mjs';

const names = [
  ...Object.keys({
    ...worker.network,
    ...worker.storage,
    ...worker.answers,
    ...worker.realm,
    ...worker.names,
    ...worker.reports,
  }).map((name) => `worker: ${name}`),
  ...Object.keys({ ...frame.network, ...frame.datagrams, ...frame.navigation, ...frame.page }).map(
    (name) => `frame: ${name}`,
  ),
];

/** A browser of its own: pages that were attacked are no company for other tests. */
export interface Browser {
  open(): Promise<Page>;
  close(): Promise<void>;
}

/**
 * The tests in the browser that `launch` starts.
 * @param pointless Names of attempts that fail there without a seal too, so that nothing is shown by their failing behind one, and why.
 */
export function testEscapes(launch: () => Promise<Browser>, pointless: Readonly<Record<string, string>> = {}): void {
  let seen: Awaited<ReturnType<typeof gather>>;

  test.beforeAll(async () => {
    test.setTimeout(600_000);
    const { open, close } = await launch();
    seen = await gather(open).finally(close);
  });

  test('the hostile code ran behind the seal, and nothing at all reached the collector', () => {
    // The last answer says it, so after all attempts the hostile engine still encoded.
    expect(seen.made).toBe(Object.keys({ ...worker.network, ...worker.storage }).length);
    expect(seen.ran).toEqual(new Array(Object.keys(worker.names).length + 5).fill(true));
    expect(seen.refusals).toEqual(Object.keys(worker.reports).map(() => 'sealed'));
    expect(seen.answers.at(0)).toBe('indices');
    expect(seen.collected).toBe(0);
    const proven = Object.values(seen.attempts).filter(({ sealed, loose }) => loose && !sealed);
    expect(proven.length).toBeGreaterThanOrEqual(75);
    test.info().annotations.push({ type: 'escape attempts that failed', description: String(proven.length) });
  });

  for (const name of names) {
    test(`no escape: ${name}`, () => {
      const reason = pointless[name];
      test.skip(reason !== undefined, reason);
      expect(seen.attempts[name], 'an attempt works without the seal and fails behind it').toEqual({
        sealed: false,
        loose: true,
      });
    });
  }
}
