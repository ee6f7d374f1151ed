/** Threads: the same bits as on one, what a page hears that cannot have them, and that nothing of them stays behind. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { CDPSession, Page } from '@playwright/test';
import puppeteer from 'puppeteer-core';
import { firefox, root } from '../lib/paths.mjs';
import { serve } from '../lib/server.mjs';
import { cases, expect, test } from './fixtures.js';

const models = ['/models/edgy-256-int8.edgy', '/models/edgy-256-f32.edgy'];
const int8 = models[0] as string;
const mels = cases().map(({ mel: { dims, values } }) => ({ dims, values }));

/** Thousands of random convolutions, by kernels/conv_int8 and sparse_conv_int8 in every form. */
const kernelCases = (variant: string) => path.join(root, `build/wasm-${variant}-threads/bin`);

interface ThreadCases {
  _start_threads(threads: number): void;
  _check_cases(first: number, count: number): number;
  _hand_over(shares: number, times: number): number;
}

interface Feeds {
  url: string;
  variant: 'simd' | 'relaxed' | 'auto';
  mels: { dims: number[]; values: number[] }[];
}

/** Outputs on 1, 2 and 3 threads of all recordings, and of lengths that make every kind of strip. In the page. */
async function outputsByThreads({ url, variant, mels }: Feeds) {
  const made = [5, 4, 37, 100, 257].map((frames) => ({
    dims: [1, 80, frames],
    values: Array.from({ length: 80 * frames }, (_, i) => Math.sin(i) / 2 + 0.5),
  }));
  const texts: string[] = [];
  const infos = [];
  for (const threads of [1, 2, 3]) {
    const session = await kit.edgy.InferenceSession.create(url, { variant, threads });
    const results = [];
    for (const mel of [...mels, ...made]) results.push(kit.outputsOf(await session.run({ mel: kit.melOf(mel) })));
    texts.push(JSON.stringify(results));
    infos.push(session.runtimeInfo());
    await session.release();
  }
  return { equal: texts.map((text) => text === texts[0]), bytes: texts[0]?.length ?? 0, infos };
}

for (const url of models) {
  for (const variant of ['relaxed', 'simd'] as const) {
    test(`outputs on two and three threads equal those on one, bit for bit: ${url}, ${variant}`, async ({
      page,
      open,
    }) => {
      await open(page);
      const { equal, bytes, infos } = await page.evaluate(outputsByThreads, { url, variant, mels });
      expect(infos.map(({ threads }) => threads)).toEqual([1, 2, 3]);
      expect(infos.map(({ wasmUrl }) => path.basename(wasmUrl))).toEqual([
        `edgy-${variant}.wasm`,
        `edgy-${variant}-threads.wasm`,
        `edgy-${variant}-threads.wasm`,
      ]);
      expect(bytes).toBeGreaterThan(10_000);
      expect(equal).toEqual([true, true, true]);
    });
  }
}

test('a whole recording on two threads gives the codes it gives on one', async ({ page, open }) => {
  await open(page);
  const codes = await page.evaluate(async (url) => {
    const pcm = Float32Array.from({ length: 16000 }, (_, i) => Math.sin(i / 7) * Math.sin(i / 900));
    const codes: string[] = [];
    for (const threads of [1, 2]) {
      const encoder = await kit.edgy.AudioEncoder.create(url, { threads });
      codes.push(String((await encoder.encode(pcm)).codes));
      await encoder.release();
    }
    return codes;
  }, int8);
  expect(codes[0]?.length).toBeGreaterThan(100);
  expect(codes[1]).toBe(codes[0]);
});

for (const [variant, threads] of [
  ['relaxed', 2],
  ['relaxed', 3],
  ['simd', 2],
] as const) {
  test(`random convolutions on ${threads} threads equal the reference: ${variant}`, async ({ page }) => {
    const seed = Math.floor(Math.random() * 1e9);
    test.info().annotations.push({ type: 'first seed', description: String(seed) });
    console.log(`random convolutions from seed ${seed}`);
    const server = await serve({ '/cases/': kernelCases(variant) });
    try {
      await page.goto(`${server.url}/cases/`);
      const seen = await page.evaluate(
        async ({ threads, seed }) => {
          const { default: create } = await import(`${location.origin}/cases/thread_cases.mjs`);
          const module: ThreadCases = await create({ helpers: threads - 1 });
          module._start_threads(threads);
          // A thread begins when its worker gets to it; from then on it helps.
          let helped = 0;
          for (let turn = 0; turn < 100 && helped === 0; turn++) {
            helped = module._hand_over(1000, 100);
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          return { helped, differing: module._check_cases(seed, 400), helpedAfter: module._hand_over(1000, 1000) };
        },
        { threads, seed },
      );
      expect(seen.helped).toBeGreaterThan(0);
      expect(seen.helpedAfter).toBeGreaterThan(0);
      expect(seen.differing, `seed of the first case that differs, from ${seed}`).toBe(-1);
    } finally {
      server.close();
    }
  });
}

/** Runs `work` on a page and gives what it logged of Edgy. */
async function warningsOf(page: Page, work: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  page.on('console', (message) => {
    if (message.text().startsWith('Edgy')) warnings.push(`${message.type()}: ${message.text()}`);
  });
  await work();
  return warnings;
}

test('a page that is not isolated computes on one thread, and hears once why', async ({ page, open }) => {
  await open(page, '/plain/site/');
  let threads: number[] = [];
  const warnings = await warningsOf(page, async () => {
    threads = await page.evaluate(async () => {
      const url = '/plain/models/edgy-256-int8.edgy';
      const threads: number[] = [];
      for (const wanted of [undefined, 1, 2, 4]) {
        const session = await kit.edgy.InferenceSession.create(url, { threads: wanted });
        await session.run({ mel: new kit.edgy.Tensor('float32', new Float32Array(8000), [1, 80, 100]) });
        threads.push(session.runtimeInfo().threads);
        await session.release();
      }
      return threads;
    });
  });
  expect(threads).toEqual([1, 1, 1, 1]);
  expect(warnings).toEqual([
    'warning: Edgy: 2 threads were asked for, but one computes: this page is not cross-origin isolated, so it has no shared memory. ' +
      'Its server has to send the headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp" ' +
      '(self.crossOriginIsolated is true then).',
  ]);
});

test('without a wish an isolated page gets as many threads as cores, four at most, and no word', async ({
  page,
  open,
}) => {
  await open(page);
  let seen = { threads: 0, cores: 0 };
  const warnings = await warningsOf(page, async () => {
    seen = await page.evaluate(async (url) => {
      const session = await kit.edgy.InferenceSession.create(url);
      return { threads: session.runtimeInfo().threads, cores: navigator.hardwareConcurrency };
    }, int8);
  });
  expect(seen.threads).toBe(Math.min(seen.cores, 4));
  expect(warnings).toEqual([]);
});

test('one thread and a word about it: no worker', async ({ page, open }) => {
  await open(page);
  let threads = 0;
  const warnings = await warningsOf(page, async () => {
    threads = await page.evaluate(async (url) => {
      const session = await kit.edgy.InferenceSession.create(url, { threads: 2, worker: false });
      return session.runtimeInfo().threads;
    }, int8);
  });
  expect(threads).toBe(1);
  const reason = 'without a worker (worker: false) a session has one';
  expect(warnings).toEqual([`warning: Edgy: 2 threads were asked for, but one computes: ${reason}.`]);
});

test('a number of threads that is none is refused', async ({ page, open }) => {
  await open(page);
  const refused = await page.evaluate(async (url) => {
    const wrong = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 33, '2', null, {}] as unknown as number[];
    return Promise.all(
      wrong.map((threads) => kit.outcome(() => kit.edgy.InferenceSession.create(url, { threads }).then(String))),
    );
  }, int8);
  for (const result of refused) {
    expect(result).toMatchObject({ code: 'invalid-argument', typed: true });
    expect(result).toMatchObject({
      message: expect.stringMatching(/^threads is .*: it must be a whole number from 1 to 32\.$/),
    });
  }
  expect(refused[6]).toMatchObject({ message: expect.stringContaining("threads is '2'") });
  expect(page.workers()).toEqual([]);
});

test('a strict policy allows threads', async ({ page, open }) => {
  await open(page, '/strict/site/');
  const threads = await page.evaluate(async () => {
    const session = await kit.edgy.InferenceSession.create('/strict/models/edgy-256-int8.edgy', { threads: 2 });
    await session.run({ mel: new kit.edgy.Tensor('float32', new Float32Array(8000), [1, 80, 100]) });
    return session.runtimeInfo().threads;
  });
  expect(threads).toBe(2);
});

/** Workers of all pages, those that workers started included. */
async function workersOf(browser: CDPSession): Promise<string[]> {
  const { targetInfos } = await browser.send('Target.getTargets', { filter: [{ type: 'worker' }] });
  // A worker whose script is still on its way has no address yet.
  return targetInfos.map(({ url }) => (url === '' ? '' : new URL(url).pathname));
}

test('release ends the helpers: after a run, in the middle of one, and after a failed start', async ({
  page,
  open,
  browser,
}) => {
  const session = await browser.newBrowserCDPSession();
  await open(page);
  const count = () =>
    workersOf(session).then((urls) => urls.filter((url) => url === '' || url === '/edgy/worker-threads.js').length);
  await page.evaluate(async (url) => {
    globalThis.session = await kit.edgy.InferenceSession.create(url, { threads: 3 });
  }, int8);
  await expect.poll(count).toBe(3);
  const result = await page.evaluate(async () => {
    const long = new kit.edgy.Tensor('float32', new Float32Array(80 * 10000), [1, 80, 10000]);
    const run = kit.outcome(() => globalThis.session.run({ mel: long }).then(String));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await globalThis.session.release();
    return run;
  });
  expect(result).toMatchObject({ code: 'released', typed: true });
  await expect.poll(count).toBe(0);
  const failed = await page.evaluate(() =>
    kit.outcome(() => kit.edgy.InferenceSession.create(new Uint8Array(100), { threads: 2 }).then(String)),
  );
  expect(failed).toMatchObject({ code: 'invalid-model', typed: true });
  await expect.poll(count).toBe(0);
});

test('in Firefox: the same bits on two and three threads', async ({ server }) => {
  test.skip(!existsSync(firefox), `there is no Firefox at ${firefox}`);
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefox, headless: true });
  try {
    const page = await browser.newPage();
    await page.goto(`${server}/site/`);
    await page.waitForFunction(() => 'kit' in globalThis);
    for (const variant of ['auto', 'simd'] as const) {
      const feeds: Feeds = { url: int8, variant, mels: mels.slice(0, 1) };
      const seen = await page.evaluate(outputsByThreads, feeds);
      expect(seen.infos.map(({ threads }) => threads)).toEqual([1, 2, 3]);
      expect(seen.equal).toEqual([true, true, true]);
    }
  } finally {
    await browser.close();
  }
});
