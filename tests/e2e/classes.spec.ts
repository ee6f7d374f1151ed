/** The class of the processor is the same at every start, however busy the machine is (kernels/dot_class.h). */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import puppeteer from 'puppeteer-core';
import { firefox } from '../lib/paths.mjs';
import { expect, test } from './fixtures.js';

/**
 * EDGY_STARTS=100 for the whole count; a start is a module of its own, in a worker of its own. Beside as many busy threads as there are
 * cores, each of the dozens of messages between Firefox's threads waits for a slice of time: a start of 0.1 s takes 10 s and more.
 */
const starts = (few: number) => Number(process.env.EDGY_STARTS ?? few);
const chromiumStarts = starts(8);
const firefoxStarts = starts(2);

/** In the page, while `busy` workers keep every core at work: the form of each start. */
async function formsOfStarts({ starts, busy }: { starts: number; busy: number }): Promise<string[]> {
  const load = Array.from({ length: busy }, () => new Worker('/site/busy.js'));
  try {
    const forms: string[] = [];
    for (let start = 0; start < starts; start++) {
      const session = await kit.edgy.InferenceSession.create('/models/edgy-256-int8.edgy', { variant: 'relaxed' });
      forms.push(session.runtimeInfo().isa);
      await session.release();
    }
    return forms;
  } finally {
    for (const worker of load) worker.terminate();
  }
}

test.setTimeout(120_000 + 120_000 * Math.max(chromiumStarts, firefoxStarts)); // as long as a busy machine takes

const busy = availableParallelism();

function expectOneForm(forms: string[], starts: number): void {
  expect(forms).toHaveLength(starts);
  expect(forms[0]).toMatch(/^relaxed-(dot|pair)$/);
  expect(new Set(forms).size, forms.join(' ')).toBe(1);
}

test('Chromium: one form in all starts, every core busy', async ({ page, open }) => {
  await open(page);
  expectOneForm(await page.evaluate(formsOfStarts, { starts: chromiumStarts, busy }), chromiumStarts);
});

test('Firefox: one form in all starts, every core busy', async ({ server }) => {
  test.skip(!existsSync(firefox), `there is no Firefox at ${firefox}`);
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefox,
    headless: true,
    protocolTimeout: 0,
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server}/site/`);
    await page.waitForFunction(() => 'kit' in globalThis);
    expectOneForm(await page.evaluate(formsOfStarts, { starts: firefoxStarts, busy }), firefoxStarts);
  } finally {
    await browser.close();
  }
});
