/** Red team: every attempt to get an embedding out fails behind the seal and, to prove that it is one, succeeds without it. */
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { chromium, expect, test } from '@playwright/test';
import puppeteer from 'puppeteer-core';
import * as frame from '../lib/escapes/frame.mjs';
import { gather, type Page } from '../lib/escapes/gather.mjs';
import * as worker from '../lib/escapes/worker.mjs';
import { chromiumArguments, chromium as chromiumPath, firefox } from '../lib/paths.mjs';

/** For a browser to close, in milliseconds. */
const kPatience = 10_000;

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

/** Attempts that fail in a browser without a seal too, so that nothing is shown by their failing behind one. */
const pointless: Record<string, Record<string, string>> = {
  chromium: {},
  firefox: { 'frame: prefetch': 'Firefox did not prefetch here at all' },
};

interface Browser {
  open(): Promise<Page>;
  close(): Promise<void>;
}

/** A Chromium of its own: pages that were attacked are no company for other tests. */
async function openChromium(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArguments });
  return {
    open: async () => (await browser.newContext()).newPage(),
    close: () => Promise.race([browser.close(), setTimeout(kPatience)]),
  };
}

/** Firefox by WebDriver BiDi. */
async function openFirefox(): Promise<Browser> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefox,
    headless: true,
    // Without it WebRTC asks nobody on this machine, and its datagrams would be those that WebTransport sends late.
    extraPrefsFirefox: { 'media.peerconnection.ice.loopback': true },
  });
  return {
    open: async () => (await browser.createBrowserContext()).newPage() as unknown as Promise<Page>,
    close: () => browser.close(),
  };
}

for (const browserName of ['chromium', 'firefox']) {
  test.describe(`in ${browserName}`, () => {
    test.skip(browserName === 'firefox' && !existsSync(firefox), `there is no Firefox at ${firefox}`);
    test.describe.configure({ mode: 'default' });
    let seen: Awaited<ReturnType<typeof gather>>;

    test.beforeAll(async () => {
      test.setTimeout(600_000);
      const { open, close } = await (browserName === 'firefox' ? openFirefox() : openChromium());
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
        const reason = pointless[browserName]?.[name];
        test.skip(reason !== undefined, reason);
        expect(seen.attempts[name], 'an attempt works without the seal and fails behind it').toEqual({
          sealed: false,
          loose: true,
        });
      });
    }
  });
}
