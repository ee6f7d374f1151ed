import { cases, expect, test } from './fixtures.js';

const mel = { dims: cases()[0]?.mel.dims ?? [], values: cases()[0]?.mel.values ?? [] };
const good = '/models/edgy-256-int8.edgy';

test.beforeEach(async ({ page, open }) => {
  await open(page);
});

test('a session says what it is', async ({ page }) => {
  const seen = await page.evaluate(async (url) => {
    const progress: { phase: string; loaded: number; total?: number }[] = [];
    const session = await kit.edgy.InferenceSession.create(url, {
      onProgress: (step) => progress.push(step),
      profile: true,
    });
    await session.run({ mel: new kit.edgy.Tensor('float32', new Float32Array(8000), [1, 80, 100]) });
    return {
      inputs: session.inputMetadata,
      outputs: session.outputMetadata,
      names: [session.inputNames, session.outputNames],
      info: session.runtimeInfo(),
      metadata: session.modelMetadata,
      profile: await session.profile(),
      memory: await session.memory(),
      progress,
    };
  }, good);
  expect(seen.names).toEqual([['mel'], expect.arrayContaining(['z', 'indices'])]);
  expect(seen.inputs).toEqual([{ name: 'mel', isTensor: true, type: 'float32', shape: [1, 80, expect.any(String)] }]);
  expect(seen.outputs.find(({ name }) => name === 'indices')).toMatchObject({ type: 'int64' });
  expect(seen.info).toMatchObject({ variant: 'relaxed', isa: expect.stringMatching(/^relaxed-/), worker: true });
  expect(seen.info.wasmBytes).toBeGreaterThan(10_000);
  expect(seen.metadata.logMel).toMatchObject({ sampleRate: 16000, hop: 160, mels: 80 });
  expect(seen.profile.length).toBeGreaterThan(5);
  expect(seen.profile.reduce((sum, { macs }) => sum + macs, 0)).toBeGreaterThan(1e6);
  expect(seen.memory.model).toBeGreaterThan(100_000);
  expect(seen.memory.wasm).toBeGreaterThanOrEqual(seen.memory.model + seen.memory.packed + seen.memory.arena);
  const news = (phase: string) => seen.progress.filter((step) => step.phase === phase).at(-1);
  expect(news('runtime')).toEqual({ phase: 'runtime', loaded: seen.info.wasmBytes });
  expect(news('model')).toEqual({ phase: 'model', loaded: seen.memory.model, total: seen.memory.model });
});

test('runs queue up, differ in length, and give what they give alone', async ({ page }) => {
  const equal = await page.evaluate(async (url) => {
    const session = await kit.edgy.InferenceSession.create(url);
    const feeds = [5, 100, 31, 4, 100, 257].map((frames) => {
      const data = Float32Array.from({ length: 80 * frames }, (_, i) => Math.sin(i) / 2 + 0.5);
      return { mel: new kit.edgy.Tensor('float32', data, [1, 80, frames]) };
    });
    const together = await Promise.all(feeds.map((feed) => session.run(feed)));
    const pairs: [unknown, unknown][] = [];
    for (const [i, feed] of feeds.entries()) {
      const alone = await kit.edgy.InferenceSession.create(url, { worker: false });
      pairs.push([kit.outputsOf(together[i] ?? {}), kit.outputsOf(await alone.run(feed))]);
    }
    return pairs.map(([a, b]) => JSON.stringify(a) === JSON.stringify(b));
  }, good);
  expect(equal).toEqual([true, true, true, true, true, true]);
});

test('feeds are copied, or handed over on request', async ({ page }) => {
  const lengths = await page.evaluate(
    async ({ url, mel }) => {
      const session = await kit.edgy.InferenceSession.create(url);
      const tensor = kit.melOf(mel);
      const first = kit.outputsOf(await session.run({ mel: tensor }));
      const kept = tensor.data.length;
      const second = kit.outputsOf(await session.run({ mel: tensor }, { transfer: true }));
      return { kept, handedOver: tensor.data.length, equal: JSON.stringify(first) === JSON.stringify(second) };
    },
    { url: good, mel },
  );
  expect(lengths).toEqual({ kept: mel.values.length, handedOver: 0, equal: true });
});

test('fetches choose the outputs', async ({ page }) => {
  const keys = await page.evaluate(
    async ({ url, mel }) => {
      const session = await kit.edgy.InferenceSession.create(url);
      const feeds = { mel: kit.melOf(mel) };
      const keysOf = async (run: Promise<object>) => Object.keys(await run);
      return [
        await keysOf(session.run(feeds, ['indices'])),
        await keysOf(session.run(feeds, { indices: null })),
        await keysOf(session.run(feeds, ['indices', 'z'], {})),
      ];
    },
    { url: good, mel },
  );
  expect(keys).toEqual([['indices'], ['indices'], ['indices', 'z']]);
});

test('abort: before, while fetching, in the queue, while running', async ({ page }) => {
  const results = await page.evaluate(
    async ({ url, mel }) => {
      const { InferenceSession, Tensor } = kit.edgy;
      const loading = new AbortController();
      const duringFetch = kit.outcome(() =>
        InferenceSession.create(url, { signal: loading.signal, onProgress: () => loading.abort() }).then(String),
      );
      const before = kit.outcome(() => InferenceSession.create(url, { signal: AbortSignal.abort() }).then(String));
      const session = await InferenceSession.create(url);
      const long = new Tensor('float32', new Float32Array(80 * 10000), [1, 80, 10000]);
      const [running, queued] = [new AbortController(), new AbortController()];
      const first = kit.outcome(() => session.run({ mel: long }, { signal: running.signal }).then(String));
      const second = kit.outcome(() => session.run({ mel: long }, { signal: queued.signal }).then(String));
      queued.abort();
      setTimeout(() => running.abort(), 5);
      const third = kit.outcome(() => session.run({ mel: kit.melOf(mel) }).then((out) => Object.keys(out).length));
      return {
        before: await before,
        duringFetch: await duringFetch,
        running: await first,
        queued: await second,
        after: await third,
      };
    },
    { url: good, mel },
  );
  for (const name of ['before', 'duringFetch', 'running', 'queued'] as const) {
    expect(results[name], name).toMatchObject({ code: 'aborted', typed: true });
  }
  expect(results.after.value).toBeGreaterThan(1);
});

test('an aborted run ends, with its worker if need be, and the next one does not wait for it', async ({ page }) => {
  const results = await page.evaluate(
    async ({ url, mel }) => {
      const { InferenceSession, Tensor } = kit.edgy;
      const long = () => new Tensor('float32', new Float32Array(80 * 60000), [1, 80, 60000]);
      const [session, other] = [await InferenceSession.create(url), await InferenceSession.create(url)];
      const before = kit.outputsOf(await session.run({ mel: kit.melOf(mel) }));
      // An hour of sound on a worker of the same speed: whoever waits for ten minutes of it is not there long before its end.
      let minutes = 0;
      const hour = Array.from({ length: 6 }, () => other.run({ mel: long() }).then(() => (minutes += 10)));
      const controller = new AbortController();
      const aborted = kit.outcome(() => session.run({ mel: long() }, { signal: controller.signal }).then(String));
      setTimeout(() => controller.abort(), 5);
      const outcome = await aborted;
      const after = kit.outputsOf(await session.run({ mel: kit.melOf(mel) }));
      const waited = minutes;
      await other.release();
      await Promise.allSettled(hour);
      return { outcome, waited, same: JSON.stringify(before) === JSON.stringify(after) };
    },
    { url: good, mel },
  );
  expect(results.outcome).toMatchObject({ code: 'aborted', typed: true });
  expect(results.waited).toBeLessThan(60);
  expect(results.same).toBe(true);
});

test('trim gives back the memory of a long run', async ({ page }) => {
  const seen = await page.evaluate(
    async ({ url, mel }) => {
      // Several threads take and give memory in an order of their own, so that only one of them ends at the same size each time.
      const session = await kit.edgy.InferenceSession.create(url, { threads: 1 });
      const run = async () => kit.outputsOf(await session.run({ mel: kit.melOf(mel) }));
      const before = { outputs: await run(), memory: await session.memory() };
      await session.run({ mel: new kit.edgy.Tensor('float32', new Float32Array(80 * 60000), [1, 80, 60000]) });
      const between = await session.memory();
      await session.trim();
      const after = { outputs: await run(), memory: await session.memory() };
      return { before, between, after };
    },
    { url: good, mel },
  );
  expect(seen.between.wasm).toBeGreaterThan(3 * seen.before.memory.wasm);
  expect(seen.after.memory.wasm).toBe(seen.before.memory.wasm);
  expect(seen.after.outputs).toEqual(seen.before.outputs);
});

test('release ends the worker, rejects what is under way and everything after', async ({ page }) => {
  const ended = () => expect.poll(() => page.workers().length);
  await page.evaluate(async (url) => {
    globalThis.session = await kit.edgy.InferenceSession.create(url, { threads: 1 });
  }, good);
  await ended().toBe(1);
  const results = await page.evaluate(async () => {
    const { session } = globalThis;
    const long = new kit.edgy.Tensor('float32', new Float32Array(80 * 10000), [1, 80, 10000]);
    const runs = [1, 2].map(() => kit.outcome(() => session.run({ mel: long }).then(String)));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await session.release();
    await session.release();
    return [
      ...(await Promise.all(runs)),
      await kit.outcome(() => session.run({ mel: long }).then(String)),
      await kit.outcome(() => session.memory().then(String)),
    ];
  });
  for (const result of results) expect(result).toMatchObject({ code: 'released', typed: true });
  await ended().toBe(0);
});

test('disposal by symbol, and no worker left after a failed start', async ({ page }) => {
  await page.evaluate(async (url) => {
    const { InferenceSession } = kit.edgy;
    (await InferenceSession.create(url))[Symbol.dispose]();
    await (await InferenceSession.create(url))[Symbol.asyncDispose]();
    await kit.outcome(() => InferenceSession.create(new Uint8Array(3)).then(String));
    await kit.outcome(() => InferenceSession.create('/none').then(String));
  }, good);
  await expect.poll(() => page.workers().length).toBe(0);
});

test('a worker file that is not there is a network error', async ({ page }) => {
  const results = await page.evaluate(async (url) => {
    const create = (options: object) => kit.outcome(() => kit.edgy.InferenceSession.create(url, options).then(String));
    return [
      await create({ threads: 1, wasmPaths: { 'worker.js': '/none.js' } }),
      await create({ threads: 2, wasmPaths: { 'worker-threads.js': '/none.js' } }),
      await create({ threads: 2, wasmPaths: { 'edgy-relaxed-threads.wasm': '/none.wasm' } }),
    ];
  }, good);
  for (const result of results) expect(result).toMatchObject({ code: 'network', typed: true });
});

test('files can be elsewhere: wasmPaths as a prefix and by name', async ({ page }) => {
  const addresses = await page.evaluate(async (url) => {
    const { InferenceSession } = kit.edgy;
    const prefix = await InferenceSession.create(url, { wasmPaths: '/strict/edgy/', threads: 1 });
    const threads = await InferenceSession.create(url, { wasmPaths: '/strict/edgy/', threads: 2 });
    const named = await InferenceSession.create(url, {
      wasmPaths: { 'edgy-simd.wasm': '/strict/edgy/edgy-simd.wasm' },
      variant: 'simd',
      threads: 1,
    });
    return [prefix, threads, named].map((session) => new URL(session.runtimeInfo().wasmUrl).pathname);
  }, good);
  expect(addresses).toEqual([
    '/strict/edgy/edgy-relaxed.wasm',
    '/strict/edgy/edgy-relaxed-threads.wasm',
    '/strict/edgy/edgy-simd.wasm',
  ]);
});

test('the runtime can be loaded ahead, once for all sessions, and says when', async ({ page }) => {
  const requested: string[] = [];
  page.on('request', (request) => requested.push(new URL(request.url()).pathname));
  const [ahead, later] = await page.evaluate(async (url) => {
    const { InferenceSession, preload } = kit.edgy;
    const news: [string[], string[]] = [[], []];
    const onProgress = (to: 0 | 1) => (progress: { phase: string; loaded: number }) =>
      news[to].push(`${progress.phase} ${progress.loaded > 0}`);
    await preload({ threads: 1, onProgress: onProgress(0) });
    const sessions = await Promise.all([
      InferenceSession.create(url, { threads: 1, onProgress: onProgress(1) }),
      InferenceSession.create(url, { threads: 1 }),
    ]);
    for (const session of sessions) await session.release();
    return news;
  }, good);
  expect(requested.filter((path) => path.endsWith('.wasm'))).toEqual(['/edgy/edgy-relaxed.wasm']);
  expect(ahead).toEqual(['runtime false', 'runtime true']);
  expect(new Set(later)).toEqual(new Set(['runtime false', 'runtime true', 'model false', 'model true']));
});

test('a model is kept with its hash, and fetched no second time', async ({ page }) => {
  const requested: string[] = [];
  page.on('request', (request) => requested.push(new URL(request.url()).pathname));
  const [codes, wrong] = await page.evaluate(async (url) => {
    const address = new URL('/edgy/models.js', location.href).href;
    const { fetchModel, forgetModels } = (await import(/* @vite-ignore */ address)) as typeof import('edgy/models');
    const bytes = await (await fetch(`${url}?`)).arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const options = { cache: 'models', integrity: `sha256-${btoa(String.fromCharCode(...hash))}` };
    const codes: string[] = [];
    for (let visit = 0; visit < 2; visit++) {
      const session = await kit.edgy.InferenceSession.create(fetchModel(url, options));
      const mel = new kit.edgy.Tensor('float32', new Float32Array(8000), [1, 80, 100]);
      codes.push(String((await session.run({ mel }, ['indices'])).indices?.data));
      await session.release();
    }
    await forgetModels('models');
    const other = { ...options, integrity: `sha256-${btoa('x'.repeat(32))}` };
    return [codes, await kit.outcome(async () => String(await fetchModel(url, other)))] as const;
  }, good);
  expect(codes[0]?.length).toBeGreaterThan(20);
  expect(codes[1]).toBe(codes[0]);
  expect(requested.filter((path) => path === good)).toHaveLength(1 + 1 + 1); // for the hash, to keep it, with a wrong hash
  expect(wrong.code).toBe('network');
});
