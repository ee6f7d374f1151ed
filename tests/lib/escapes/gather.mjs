// Runs every attempt twice in one browser, behind the seal and without it, and says which got the secret out.
import { setTimeout } from 'node:timers/promises';
import { collect } from './collector.mjs';
import * as frame from './frame.mjs';
import { serveEscapes } from './site.mjs';
import * as worker from './worker.mjs';

/** How long the collector is given to hear of an attempt that works. */
const kPatience = 10_000;
/** For one page with all that happens on it: several times what it takes, on a machine that does much else. */
const kPageLimit = 90_000;
/** How often a page is opened that does not end: browsers under attack and under load lose a request now and then. */
const kTries = 3;

/** Below what the browsers' drivers wait themselves. */
const kGoLimit = 25_000;

class Late extends Error {}

/** @template T @param {Promise<T>} promise @param {number} limit milliseconds @param {string} what did not end */
async function within(promise, limit, what) {
  const late = new AbortController();
  const timer = setTimeout(limit, undefined, { signal: late.signal }).then(() => {
    throw new Late(`${what} did not end within ${limit / 1000} s`);
  });
  try {
    return await Promise.race([promise, timer]);
  } finally {
    late.abort();
    timer.catch(() => {});
  }
}

/**
 * @typedef {{ goto(url: string): Promise<unknown>, evaluate(work: any, argument?: any): Promise<any>, close(): Promise<unknown> }} Page
 *   of Playwright or Puppeteer
 * @param {() => Promise<Page>} open a page with storage of its own
 * @returns {Promise<{ attempts: Record<string, { sealed: boolean, loose: boolean }>, collected: number, made: number, ran: boolean[],
 *   refusals: string[], answers: string[] }>} what got out; what the collector had of the sealed ones in all; how many attempts the sealed
 *   worker made, and whether each further sealed engine answered and each sealed frame made its own; with which code seals that would be
 *   reported on did not close; how the sealed session answered
 */
export async function gather(open) {
  const collector = await collect();
  const site = await serveEscapes(collector);
  const quiet = Object.keys({ ...worker.answers, ...worker.realm });
  const calls = quiet.length + 1;
  const attempts = {};
  const put = (where, names, side, got) => {
    for (const name of names) (attempts[`${where}: ${name}`] ??= {})[side] = got(name);
  };
  const onPage = async (what, work, tries = kTries) => {
    const page = await open();
    const loaded = () =>
      new Promise((resolve) => {
        const look = () => ('kit' in globalThis ? resolve() : globalThis.setTimeout(look, 10));
        look();
      });
    try {
      await within(page.goto(`${site.url}/`), kGoLimit, `opening the page of ${what}`);
      await within(page.evaluate(loaded), kPageLimit, `loading the page of ${what}`);
      return await within(work(page), kPageLimit, what);
    } catch (error) {
      if (!(error instanceof Late) || tries === 1) throw error;
    } finally {
      // What hostile code left behind may keep a page from closing, which proves nothing.
      await within(page.close(), kPatience, 'closing').catch(() => {});
    }
    console.log(`escapes: once more, as ${what} did not end`);
    return onPage(what, work, tries - 1);
  };
  let made = 0;
  const ran = [];
  const refusals = [];
  let answers = [];
  try {
    // Behind the seal: first, so that whatever the collector has by then came through it.
    await onPage('attempts of the sealed worker', async (page) => {
      const secret = await page.evaluate(() => kit.theSecret());
      const seen = await page.evaluate(([calls, secret]) => kit.askSealed('/hostile', calls, secret), [calls, secret]);
      const { found } = seen;
      made = seen.made;
      answers = seen.answers;
      // What an attempt changed in the language may come to bear later.
      put('worker', quiet, 'sealed', (name) => found.slice(1 + quiet.indexOf(name)).some(Boolean));
      const stored = await page.evaluate((secret) => kit.stored(secret), secret);
      put('worker', Object.keys(worker.storage), 'sealed', (name) => stored[name] || found[0]);
    });
    for (const name of Object.keys(worker.names)) {
      await onPage(`names behind the seal: ${name}`, async (page) => {
        const secret = await page.evaluate(() => kit.theSecret());
        const folder = `/named/${name}`;
        const { found, answers } = await page.evaluate(
          ([folder, secret]) => kit.askSealed(folder, 2, secret),
          [folder, secret],
        );
        put('worker', [name], 'sealed', () => found.some(Boolean));
        ran.push(answers.at(-1) === 'indices');
      });
    }
    await onPage('attempts of the sealed frames', async (page) => {
      ran.push(await page.evaluate(() => kit.frameSealed('page')));
      const surfaced = await page.evaluate(() => kit.surfaced());
      put('frame', Object.keys(frame.page), 'sealed', (name) => surfaced[name]);
      ran.push(await page.evaluate(() => kit.frameSealed('network')));
      for (const name of Object.keys(frame.navigation))
        ran.push(await page.evaluate((name) => kit.frameSealed(name), name));
    });
    put('worker', Object.keys(worker.network), 'sealed', collector.caught);
    put('frame', [...Object.keys(frame.network), ...Object.keys(frame.navigation)], 'sealed', collector.caught);
    const datagrams = collector.datagrams();
    put('frame', Object.keys(frame.datagrams), 'sealed', () => datagrams > 0);
    attempts['worker: WebTransport'].sealed = datagrams > 0;
    const collected = collector.leaks.length + datagrams;
    // After that, as the questions of the seal itself, which tell nothing, are reported too.
    for (const name of Object.keys(worker.reports)) {
      await onPage(name, async (page) => {
        refusals.push(await page.evaluate((name) => kit.refusal(`/reporting/${name}`), name));
        put('worker', [name], 'sealed', collector.caught);
      });
    }

    // Without it.
    /** Until the collector has heard of all, and of more datagrams than `before` where that is given. */
    const heardOf = async (names, before = -1) => {
      const heard = () => names.every(collector.caught) && collector.datagrams() > before;
      for (let waited = 0; waited < kPatience && !heard(); waited += 100) await setTimeout(100);
    };
    await onPage('attempts of a loose worker', async (page) => {
      const secret = await page.evaluate(() => kit.theSecret());
      const before = collector.datagrams();
      const names = Object.keys(worker.answers);
      const calls = names.length + 1;
      const { found } = await page.evaluate(([calls, secret]) => kit.askLoose(calls, secret), [calls, secret]);
      put('worker', names, 'loose', (name) => found[1 + names.indexOf(name)]);
      const stored = await page.evaluate((secret) => kit.stored(secret), secret);
      put('worker', Object.keys(worker.storage), 'loose', (name) =>
        name === 'broadcast channel' ? found[0] : stored[name],
      );
      const urls = Object.keys(worker.network).filter((name) => name !== 'WebTransport');
      await heardOf(urls, before);
      put('worker', urls, 'loose', collector.caught);
      attempts['worker: WebTransport'].loose = collector.datagrams() > before;
    });
    for (const name of Object.keys(worker.realm)) {
      await onPage(`a realm that is not frozen: ${name}`, async (page) => {
        const secret = await page.evaluate(() => kit.theSecret());
        const folder = `/soft/${name}`;
        const { found } = await page.evaluate(([folder, secret]) => kit.askSealed(folder, 2, secret), [folder, secret]);
        put('worker', [name], 'loose', () => found.some(Boolean));
      });
    }
    for (const name of Object.keys(worker.names)) {
      await onPage(`guard and engine in one script: ${name}`, async (page) => {
        const secret = await page.evaluate(() => kit.theSecret());
        const folder = `/together/${name}`;
        const { found } = await page.evaluate(([folder, secret]) => kit.askSealed(folder, 2, secret), [folder, secret]);
        put('worker', [name], 'loose', () => found.some(Boolean));
      });
    }
    for (const name of Object.keys(worker.reports)) {
      await onPage(`a seal that asks for no reports: ${name}`, async (page) => {
        await page.evaluate((name) => kit.refusal(`/deaf/${name}`), name);
        await heardOf([name]);
        put('worker', [name], 'loose', collector.caught);
      });
    }
    await onPage('attempts of a loose frame on its page', async (page) => {
      await page.evaluate(() => kit.frameLoose('page'));
      const surfaced = await page.evaluate(() => kit.surfaced());
      put('frame', Object.keys(frame.page), 'loose', (name) => surfaced[name]);
    });
    await onPage('attempts of a loose frame over the network', async (page) => {
      const before = collector.datagrams();
      await page.evaluate(() => kit.frameLoose('network'));
      await heardOf(Object.keys(frame.network), before);
      put('frame', Object.keys(frame.network), 'loose', collector.caught);
      put('frame', Object.keys(frame.datagrams), 'loose', () => collector.datagrams() > before);
    });
    for (const name of Object.keys(frame.navigation)) {
      await onPage(`a loose frame: ${name}`, async (page) => {
        await page.evaluate((name) => kit.frameLoose(name), name).catch(() => {}); // the page may be gone by then
        await heardOf([name]);
        put('frame', [name], 'loose', collector.caught);
      });
    }
    return { attempts, collected, made, ran, refusals, answers };
  } finally {
    site.close();
    collector.close();
  }
}
