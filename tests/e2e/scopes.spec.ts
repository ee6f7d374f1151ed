/** Scopes other than a page's, and things that come from other realms. */
import { expect, test } from './fixtures.js';

interface Answer {
  readonly worker?: boolean;
  readonly codes?: number[];
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
}

test.beforeEach(async ({ page, open }) => open(page));

test('a worker, a shared worker and a service worker run models: on their own thread, where they can start none', async ({
  page,
}) => {
  const answers = await page.evaluate(async () => {
    const next = (port: MessagePort | Worker) =>
      new Promise<Answer>((resolve) => {
        port.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
      });
    const asked = async (script: string) => {
      const registration = await navigator.serviceWorker.register(script, { type: 'module', scope: script });
      const worker = registration.installing ?? registration.waiting ?? registration.active;
      while (worker?.state !== 'activated') await new Promise((resolve) => setTimeout(resolve, 20));
      const { port1, port2 } = new MessageChannel();
      const answer = next(port1);
      worker.postMessage('go', [port2]);
      return answer;
    };
    const page = (await import(/* @vite-ignore */ new URL('/site/scopes/work.js', location.href).href)) as {
      work(): Promise<Answer>;
    };
    return {
      page: await page.work(),
      worker: await next(new Worker('/site/scopes/worker.js', { type: 'module' })),
      shared: await next(new SharedWorker('/site/scopes/shared_worker.js', { type: 'module' }).port),
      service: await asked('/site/scopes/service_worker.js'),
      serviceAlone: await asked('/site/scopes/service_worker_without_engine.js'),
    };
  });
  expect(answers.page.codes?.length).toBeGreaterThan(10);
  expect(answers.page.worker).toBe(true);
  for (const scope of ['worker', 'shared', 'service'] as const)
    expect(answers[scope].codes).toEqual(answers.page.codes);
  expect(answers.service.worker).toBe(false);
  expect(answers.serviceAlone).toMatchObject({ name: 'EdgyError', code: 'network' });
  expect(answers.serviceAlone.message).toContain("import 'edgy/engine' beside 'edgy'");
});

test('the scope of an AudioWorklet is told where else to compute', async ({ page }) => {
  const answer = await page.evaluate(async () => {
    const context = new OfflineAudioContext(1, 128, 16000);
    await context.audioWorklet.addModule('/site/scopes/worklet.js');
    const node = new AudioWorkletNode(context, 'edgy');
    const answer = new Promise<Answer>((resolve) => {
      node.port.onmessage = ({ data }) => resolve(data);
    });
    node.connect(context.destination);
    await context.startRendering();
    return answer;
  });
  expect(answer).toMatchObject({ name: 'EdgyError', code: 'invalid-argument' });
  expect(answer.message).toContain('AudioWorklet');
});

test('models and feeds may be of another frame, shared, streamed, or promised', async ({ page }) => {
  const results = await page.evaluate(async () => {
    const { InferenceSession, Tensor } = kit.edgy;
    const url = '/models/edgy-256-int8.edgy';
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const frame = document.body.appendChild(document.createElement('iframe'));
    const other = frame.contentWindow as unknown as typeof globalThis;
    const foreign = new other.Uint8Array(bytes.length);
    foreign.set(bytes);
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    const sources = {
      url,
      foreign: foreign.buffer,
      view: foreign,
      shared,
      blob: new other.Blob([bytes]),
      stream: new Blob([bytes]).stream(),
      request: new Request(url),
      promise: fetch(url),
      foreignPromise: other.fetch(new URL(url, location.href)),
    };
    const values = Float32Array.from({ length: 80 * 60 }, (_, i) => ((i * 7919) % 1000) / 1000);
    const theirs = new other.Float32Array(values);
    const memory = new Float32Array(new SharedArrayBuffer(values.byteLength));
    memory.set(values);
    const dims = other.Array.from([1, 80, 60]);
    const feeds = { own: values, theirs, memory };
    const codesOf = async (session: import('edgy').InferenceSession, data: Float32Array, transfer = false) =>
      String((await session.run({ mel: new Tensor('float32', data, dims) }, ['indices'], { transfer })).indices?.data);
    const found: Record<string, import('./fixtures.js').Result<string>> = {};
    for (const [name, source] of Object.entries(sources)) {
      found[name] = await kit.outcome(async () => {
        const session = await InferenceSession.create(source);
        const codes = await codesOf(session, values);
        await session.release();
        return codes;
      });
    }
    for (const worker of [true, false]) {
      const session = await InferenceSession.create(bytes, { worker });
      for (const [name, data] of Object.entries(feeds))
        found[`${name} ${worker}`] = await kit.outcome(() => codesOf(session, data));
      found[`transferred ${worker}`] = await kit.outcome(() => codesOf(session, new other.Float32Array(values), true));
      await session.release();
    }
    return found;
  });
  const codes = results.url?.value;
  expect(codes?.split(',').length).toBeGreaterThan(10);
  expect(results).toEqual(Object.fromEntries(Object.keys(results).map((name) => [name, { value: codes }])));
});
