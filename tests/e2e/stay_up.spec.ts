/** Pages that stay open for days: sessions come and go, runs change their length, workers are ended from outside. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from '@playwright/test';
import { expect, test } from './fixtures.js';

/** EDGY_CYCLES=1000 and EDGY_PAGE_RUNS=10000 for the whole counts (`make test-long`). */
const cycles = Number(process.env.EDGY_CYCLES ?? 40);
const runs = Number(process.env.EDGY_PAGE_RUNS ?? 300);
const good = '/models/edgy-256-int8.edgy';

test.setTimeout(120_000 + 3000 * cycles + 200 * runs);

test.beforeEach(async ({ page, open }) => {
  await open(page);
});

/** Resident bytes of all renderers: JavaScript, WebAssembly and what the browser keeps beside them. */
async function rendererBytes(browser: Browser, page: Page): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const own = await page.context().newCDPSession(page);
  await own.send('HeapProfiler.collectGarbage');
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  let bytes = 0;
  for (const { id } of processInfo.filter(({ type }) => type === 'renderer')) {
    const status = readFileSync(`/proc/${id}/status`, 'utf8');
    bytes += 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? Number.NaN);
  }
  await session.detach();
  await own.detach();
  return bytes;
}

for (const options of [{ threads: 1 }, { threads: 2 }, { worker: false }]) {
  test(`create, run, release, again and again: ${JSON.stringify(options)}`, async ({ page, browser }) => {
    const cycle = (count: number) =>
      page.evaluate(
        async ({ url, options, count }) => {
          const answers = new Set<string>();
          for (let i = 0; i < count; i++) {
            const session = await kit.edgy.InferenceSession.create(url, options);
            const mel = Float32Array.from({ length: 8000 }, (_, k) => Math.sin(k) / 2 + 0.5);
            const { indices } = await session.run({ mel: new kit.edgy.Tensor('float32', mel, [1, 80, 100]) });
            answers.add(String(indices?.data));
            // Some are released while they run.
            if (i % 4 === 3) {
              const long = new kit.edgy.Tensor('float32', new Float32Array(80 * 5000), [1, 80, 5000]);
              const run = kit.outcome(() => session.run({ mel: long }).then(String));
              await session.release();
              answers.add((await run).code === 'released' ? ([...answers][0] as string) : 'not released');
            } else {
              await session.release();
            }
          }
          return [...answers];
        },
        { url: good, options, count },
      );
    await cycle(12);
    const before = await rendererBytes(browser, page);
    expect(await cycle(cycles)).toHaveLength(1);
    await expect.poll(() => page.workers().length).toBe(0);
    // Workers end when they are told to, their memory a little later. A session takes 20 MB and more: 40 that stayed would be 800.
    await expect.poll(() => rendererBytes(browser, page)).toBeLessThan(before + 150e6);
  });
}

test('runs of changing length: memory is that of the longest', async ({ page }) => {
  const seen = await page.evaluate(
    async ({ url, runs }) => {
      const session = await kit.edgy.InferenceSession.create(url);
      const run = async (frames: number) => {
        const mel = Float32Array.from({ length: 80 * frames }, (_, k) => Math.sin(k) / 2 + 0.5);
        const { indices } = await session.run({ mel: new kit.edgy.Tensor('float32', mel, [1, 80, frames]) });
        return String(indices?.data);
      };
      const first = await run(50);
      /** The same lengths each time: what an allocator does with their order it has done after the first. */
      const pass = async () => {
        let state = 20260130;
        for (let i = 0; i < runs; i++) {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          await run(20 + Math.floor((state / 2 ** 32) * 580));
        }
        await run(600);
        return session.memory();
      };
      return { before: await pass(), after: await pass(), same: (await run(50)) === first };
    },
    { url: good, runs },
  );
  expect(seen.after).toEqual(seen.before);
  expect(seen.same).toBe(true);
});

for (const threads of [1, 2]) {
  test(`a worker that is ended in mid-run is an error, and later sessions are fine: ${threads} threads`, async ({
    page,
  }) => {
    const results = await page.evaluate(
      async ({ url, threads }) => {
        const { InferenceSession, Tensor } = kit.edgy;
        // As a tool or another script of the page would get at it.
        const made: Worker[] = [];
        const Original = globalThis.Worker;
        globalThis.Worker = class extends Original {
          constructor(...parameters: ConstructorParameters<typeof Worker>) {
            super(...parameters);
            made.push(this);
          }
        };
        try {
          const mel = () => new Tensor('float32', new Float32Array(8000).fill(0.5), [1, 80, 100]);
          const long = () => new Tensor('float32', new Float32Array(80 * 60000), [1, 80, 60000]);
          const beside = await InferenceSession.create(url, { threads });
          const expected = String((await beside.run({ mel: mel() })).indices?.data);
          const session = await InferenceSession.create(url, { threads });
          const running = [1, 2].map(() => kit.outcome(() => session.run({ mel: long() }).then(String)));
          await new Promise((resolve) => setTimeout(resolve, 50));
          made[1]?.terminate();
          const killed = await Promise.all(running);
          const after = await kit.outcome(() => session.run({ mel: mel() }).then(String));
          await session.release();
          const fresh = await InferenceSession.create(url, { threads });
          const answers = [beside, fresh].map(async (s) => String((await s.run({ mel: mel() })).indices?.data));
          const same = (await Promise.all(answers)).every((answer) => answer === expected);
          // One that is ended while nothing runs says so at the next call.
          made[2]?.terminate();
          await new Promise((resolve) => setTimeout(resolve, 100));
          const idle = await kit.outcome(() => fresh.run({ mel: mel() }).then(String));
          return { killed, after, same, idle, workers: made.length };
        } finally {
          globalThis.Worker = Original;
        }
      },
      { url: good, threads },
    );
    for (const result of [...results.killed, results.after, results.idle]) {
      expect(result).toMatchObject({
        code: 'internal',
        typed: true,
        message: expect.stringMatching(/ended from outside/),
      });
    }
    expect(results.same).toBe(true);
    expect(results.workers).toBe(3);
  });
}

test('a worker that runs out of memory says so, and goes on with less', async ({ page }) => {
  const results = await page.evaluate(async (url) => {
    const { InferenceSession, Tensor } = kit.edgy;
    const session = await InferenceSession.create(url, { memoryLimit: 2 ** 32 });
    const run = (frames: number) =>
      kit.outcome(async () => {
        const mel = new Tensor('float32', new Float32Array(80 * frames), [1, 80, frames]);
        return String((await session.run({ mel }, ['indices'])).indices?.dims);
      });
    const before = await run(100);
    // More than WebAssembly can have, less than the limit says.
    const large = await run(1_000_000);
    return { before, large, after: await run(100) };
  }, '/models/edgy-256-f32.edgy');
  expect(results.large).toMatchObject({ code: 'out-of-memory', typed: true });
  expect(results.after).toEqual(results.before);
});
