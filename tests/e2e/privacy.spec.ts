import type { CDPSession } from '@playwright/test';
import { cases, expect, test } from './fixtures.js';

const mel = { dims: cases()[2]?.mel.dims ?? [], values: cases()[2]?.mel.values ?? [] };

/** Every request of the page and of its workers, as the browser itself counts them. */
async function watch(client: CDPSession): Promise<string[]> {
  const urls: string[] = [];
  client.on('Network.requestWillBeSent', ({ request }) => urls.push(request.url));
  await client.send('Network.enable');
  return urls;
}

for (const { where, worker, threads, script } of [
  { where: 'in a worker', worker: true, threads: 1, script: 'worker.js' },
  { where: 'in a worker with two threads', worker: true, threads: 2, script: 'worker-threads.js' },
  { where: 'on the page', worker: false, threads: 1, script: 'engine.js' },
]) {
  test(`nothing is requested after loading, ${where}`, async ({ page, context, open }) => {
    const byPlaywright: string[] = [];
    page.on('request', (request) => byPlaywright.push(request.url()));
    const byBrowser = await watch(await context.newCDPSession(page));
    await open(page);
    await page.evaluate(
      async (options) => {
        globalThis.session = await kit.edgy.InferenceSession.create('/models/edgy-256-int8.edgy', options);
        globalThis.encoder = await kit.edgy.AudioEncoder.create('/models/edgy-256-int8.edgy', options);
      },
      { worker, threads },
    );
    const loaded = [byPlaywright.length, byBrowser.length];
    // The watch works: it saw the model, and what the worker itself asked for.
    expect(byPlaywright.some((url) => url.endsWith(`/edgy/${script}`))).toBe(true);
    expect(byPlaywright.some((url) => url.endsWith('/models/edgy-256-int8.edgy'))).toBe(true);
    expect(byBrowser.some((url) => url.endsWith('/models/edgy-256-int8.edgy'))).toBe(true);

    const entries = await page.evaluate(async (mel) => {
      const before = performance.getEntriesByType('resource').length;
      for (let i = 0; i < 5; i++) await globalThis.session.run({ mel: kit.melOf(mel) });
      const tone = Float32Array.from({ length: 16000 }, (_, i) => Math.sin(i / 10));
      await globalThis.encoder.encode(tone, { mel: true });
      await globalThis.session.profile();
      await globalThis.session.release();
      await globalThis.encoder.release();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return performance.getEntriesByType('resource').length - before;
    }, mel);
    expect([byPlaywright.length, byBrowser.length]).toEqual(loaded);
    expect(entries).toBe(0);
  });
}

for (const worker of [true, false]) {
  test(`works under a strict Content-Security-Policy, ${worker ? 'in a worker' : 'on the page'}`, async ({
    page,
    open,
  }) => {
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await open(page, '/strict/site/');
    const blocked = await page.evaluate(async () => {
      // What a debugger evaluates is exempt from the policy; what a timer calls is not.
      await new Promise((resolve) => setTimeout(resolve));
      try {
        return new Function('return "eval works"')();
      } catch (error) {
        return (error as Error).name;
      }
    });
    expect(blocked).toBe('EvalError');
    complaints.length = 0;
    const outputs = await page.evaluate(
      async ({ mel, worker }) => {
        await new Promise((resolve) => setTimeout(resolve));
        const session = await kit.edgy.InferenceSession.create('/strict/models/edgy-256-int8.edgy', { worker });
        return Object.keys(await session.run({ mel: kit.melOf(mel) }));
      },
      { mel, worker },
    );
    expect(outputs).toContain('indices');
    expect(complaints).toEqual([]);
  });
}
