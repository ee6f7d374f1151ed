/** Sealed sessions: that they compute what plain ones do, hand out what their level allows, and stay shut to a hostile page. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type * as Sealed from 'edgy/sealed';
import { digest, makeSealPage } from '../../../wasm/npm/scripts/seal_page.mjs';
import { dist, e2eOutput, edgy, root } from '../../lib/paths.mjs';
import { cases, expect, test } from '../fixtures.js';

declare global {
  /** What site/sealed.js puts there. */
  var sealing: {
    createSealedSession: typeof Sealed.createSealedSession;
    ports: MessagePort[];
    askRaw(
      port: MessagePort,
      message: unknown,
      transfer?: Transferable[],
    ): Promise<{ outcome: { ok: boolean; code?: string } }>;
  };
  var sealed: Sealed.SealedSession;
}

const good = '/models/edgy-256-int8.edgy';
const mel = { dims: cases()[0]?.mel.dims ?? [], values: cases()[0]?.mel.values ?? [] };

test.beforeEach(async ({ page, open }) => {
  await open(page, '/site/sealed.html');
  await page.waitForFunction(() => 'sealing' in globalThis);
});

test('gives what a plain session gives, bit for bit, with the network cut', async ({ page, context }) => {
  await page.evaluate(async (url) => {
    globalThis.sealed = await sealing.createSealedSession(url, { level: 'low' });
    globalThis.encoder = await kit.edgy.AudioEncoder.create(url);
  }, good);
  const requested: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  await context.setOffline(true);
  const [run, plainRun, encoded, plainEncoded, again] = await page.evaluate(async (mel) => {
    const tone = Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 10));
    const [{ outputs, mel: heard }, plain] = [
      await sealed.encode(tone, { mel: true }),
      await encoder.encode(tone, { mel: true }),
    ];
    const before = await sealed.run({ mel: kit.melOf(mel) });
    await sealed.tighten('high');
    return [
      kit.outputsOf(before),
      kit.outputsOf(await encoder.session.run({ mel: kit.melOf(mel) })),
      kit.outputsOf({ ...outputs, mel: heard as never }),
      kit.outputsOf({ ...plain.outputs, mel: plain.mel as never }),
      kit.outputsOf(await sealed.run({ mel: kit.melOf(mel) })),
    ];
  }, mel);
  expect(run).toEqual(plainRun);
  expect(encoded).toEqual(plainEncoded);
  expect(again).toEqual({ indices: run?.indices });
  expect(requested).toEqual([]);
});

test('reports what was removed, what the policy refused, and the hashes of what runs', async ({ page, server }) => {
  const report = await page.evaluate(async (url) => (await sealing.createSealedSession(url)).report, good);
  const { files } = await (await page.request.get(`${server}/edgy/integrity.json`)).json();
  expect(report).toMatchObject({
    level: 'high',
    policy: expect.stringMatching(/^default-src 'none'.*connect-src 'none'/),
    engine: files['sealed-engine.txt'].sha256,
    wasm: files['edgy-relaxed.wasm'].sha256,
    model: expect.stringMatching(/^sha256-/),
    frame: { origin: 'null' },
    worker: { probes: { connect: true, import: true, eval: true } },
  });
  for (const name of [
    'fetch',
    'XMLHttpRequest',
    'WebSocket',
    'EventSource',
    'indexedDB',
    'BroadcastChannel',
    'Worker',
    'eval',
  ]) {
    expect(report.worker.lockdown.removed, name).toContain(name);
    expect(report.frame.lockdown.removed, name).toContain(name);
  }
  for (const name of ['importScripts', 'postMessage']) expect(report.worker.lockdown.removed).toContain(name);
  for (const name of ['RTCPeerConnection', 'navigator', 'document.createElement']) {
    expect(report.frame.lockdown.removed).toContain(name);
  }
  // 50 frames a second and two more, and how many there were: 64 floats each, or one of 512 codes.
  const perSecond = (bits: number) => expect.closeTo(52 * bits + Math.log2(53), 6);
  expect(report.outputs).toContainEqual({
    name: 'z',
    level: 'low',
    bits: 32,
    bitsPerSecond: perSecond(64 * 32),
    handedOut: false,
  });
  expect(report.outputs).toContainEqual({
    name: 'indices',
    level: 'high',
    bits: 9,
    bitsPerSecond: perSecond(9),
    handedOut: true,
  });
  expect(report.price).toMatchObject({ ceiling: 1000, bits: 0, seconds: 0 });
  expect(report.connectionAllowlist).toBe('');
});

test('hands no log-mel through at level high, though the file calls it codes', async ({ page }) => {
  // Reshape alone, mel [1, 80, T] to codes [1, 80, T], float32, marked high; 444 bytes, made for this test's kind.
  const file = [
    'HAAAAEVER1kUABwABAAAAAgADAAQABQAAAAYABQAAAABAAAA/AAAAIwAAACAAAAAdAAAABwAAAAYABQACAAAAAAAAAAAAAAAAAAM',
    'ABAABwAYAAAAAAAAAjwAAAA0AAAABAAAAAEAAAAMAAAACAAMAAgABwAIAAAAAAAAAgQAAAAFAAAAY29kZXMAAAAEAAQABAAAAAoA',
    'AABlZGd5IDAuMS4wAAABAAAAAQAAAAEAAAAAAAAAAQAAABQAAAAAAA4AGAAIAAcADAAQABQADgAAAAAAAApAAAAAJAAAABAAAAAE',
    'AAAAAQAAAAEAAAABAAAAAAAAAAAABgAIAAQABgAAAAQAAAADAAAAAAAAAAAAAAAAAAAABAAAAGNvcHkAAAAAAgAAAEgAAAAQAAAA',
    'AAAKAAwABAAAAAgACgAAABgAAAAEAAAAAwAAAAEAAABQAAAA/////wUAAABjb2RlcwAAAAwAEAAEAAAACAAMAAwAAABEAAAAMAAA',
    'AAQAAAADAAAAHAAAABAAAAAEAAAAAQAAAFQAAAAAAAAAAAAAAAAAAAAAAAAAAwAAAAEAAABQAAAA/////wMAAABtZWwA',
  ].join('');
  const seen = await page.evaluate(
    (text) => kit.outcome(async () => (await sealing.createSealedSession(kit.bytesOf(text))).outputNames),
    file,
  );
  expect(seen).toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/'codes' up to moderate, as it is float32/),
  });
});

test('counts the bits that it hands out, against a ceiling that a page may lower', async ({ page }) => {
  const seen = await page.evaluate(
    async ({ url, mel }) => {
      const code = async (work: () => Promise<unknown>) =>
        (await kit.outcome(() => work().then(String))).code ?? 'given';
      const session = await sealing.createSealedSession(url);
      const { codes } = await session.encode(new Float32Array(16000));
      const first = session.report.price;
      const thrifty = await sealing.createSealedSession(url, { bitsPerSecond: 300 });
      let given = 0;
      while (given < 10 && (await code(() => thrifty.encode(new Float32Array(16000)))) === 'given') given++;
      const tight = await sealing.createSealedSession(url, { bitsPerSecond: 100 });
      const low = await sealing.createSealedSession(url, { level: 'low' });
      await low.encode(new Float32Array(16000));
      const bad = [];
      for (const bitsPerSecond of [0, -1, Number.NaN, Infinity, 1001, '100' as never, null as never]) {
        bad.push(await code(() => sealing.createSealedSession(url, { bitsPerSecond })));
      }
      const whole = await sealing.createSealedSession(url);
      await whole.run({ mel: kit.melOf(mel) });
      return {
        codes: codes?.length,
        first,
        given,
        price: thrifty.report.price,
        tight: await code(() => tight.encode(new Float32Array(16000))),
        low: { ...low.report.price, ceiling: 1 / low.report.price.ceiling },
        bad,
        frames: whole.report.price.seconds,
      };
    },
    { url: good, mel },
  );
  expect(seen).toMatchObject({
    codes: 49,
    first: { ceiling: 1000, seconds: 1 },
    tight: 'refused',
    low: { ceiling: 0, seconds: 1 },
    bad: new Array(7).fill('invalid-argument'),
  });
  expect(seen.first.bits).toBeGreaterThanOrEqual(49 * 9);
  expect(seen.first.bits).toBeLessThanOrEqual(49 * 9 + 3 + 8);
  expect(seen.low.bits).toBeGreaterThan(49 * 64 * 32);
  expect(seen.given).toBeGreaterThanOrEqual(1);
  expect(seen.given).toBeLessThan(10);
  expect(seen.price.bits).toBeLessThanOrEqual(300 * (1 + seen.price.seconds));
  expect(seen.frames).toBeCloseTo((mel.dims.at(-1) as number) / 100);
});

test('levels: refused above, tightened and never loosened', async ({ page }) => {
  const seen = await page.evaluate(
    async ({ url, mel }) => {
      const feeds = () => ({ mel: kit.melOf(mel) });
      const tone = new Float32Array(8000);
      const code = async (work: () => Promise<unknown>) =>
        (await kit.outcome(() => work().then(String))).code ?? 'given';
      const session = await sealing.createSealedSession(url, { level: 'low', policy: { quantized: 'low' } });
      const low = [session.outputNames, await code(() => session.encode(tone, { mel: true }))];
      const underWay = code(() => session.encode(tone));
      await session.tighten('moderate');
      const moderate = [session.outputNames, await code(() => session.encode(tone, { mel: true }))];
      return {
        low,
        underWay: await underWay,
        moderate,
        z: await code(() => session.run(feeds(), ['z'])),
        mixed: await code(() => session.run(feeds(), ['indices', 'z'])),
        loosened: await code(() => session.tighten('low')),
        still: await code(() => session.run(feeds(), ['indices'])),
        unknownLevel: await code(() => sealing.createSealedSession(url, { level: 'none' as never })),
        wish: await code(() => sealing.createSealedSession(url, { policy: { z: 'high' } })),
        unknownWish: await code(() => sealing.createSealedSession(url, { policy: { y: 'low' } })),
        silent: await code(() => sealing.createSealedSession(url, { policy: { indices: 'low' } })),
      };
    },
    { url: good, mel },
  );
  expect(seen).toEqual({
    low: [['z', 'indices', 'quantized'], 'given'],
    underWay: 'refused',
    moderate: [['indices'], 'refused'],
    z: 'refused',
    mixed: 'refused',
    loosened: 'refused',
    still: 'given',
    unknownLevel: 'invalid-argument',
    wish: 'refused',
    unknownWish: 'invalid-argument',
    silent: 'refused',
  });
});

test('the policy set at conversion holds', async ({ page }) => {
  mkdirSync(e2eOutput, { recursive: true });
  const file = path.join(e2eOutput, 'moderate.edgy');
  const onnx = path.join(root, 'tests/data/models/edgy-256.onnx');
  const options = [
    '--precision',
    'f32',
    '--front-end',
    'edgy',
    '--policy',
    'quantized=moderate',
    '--min-level',
    'moderate',
  ];
  execFileSync(edgy, ['convert', onnx, '-o', file, ...options], { stdio: 'pipe' });
  const listed = JSON.parse(execFileSync(edgy, ['inspect', file, '--json']).toString());
  expect(listed).toMatchObject({
    privacy_floor: 'moderate',
    privacy: { z: 'low', indices: 'high', quantized: 'moderate' },
  });
  const seen = await page.evaluate(async (text) => {
    const bytes = kit.bytesOf(text);
    return [
      await kit.outcome(async () => (await sealing.createSealedSession(bytes, { level: 'low' })).outputNames),
      await kit.outcome(async () => (await sealing.createSealedSession(bytes, { level: 'moderate' })).outputNames),
      await kit.outcome(async () => (await sealing.createSealedSession(bytes)).outputNames),
    ];
  }, readFileSync(file).toString('base64'));
  expect(seen).toEqual([
    expect.objectContaining({ code: 'refused', message: expect.stringMatching(/below level moderate/) }),
    { value: expect.arrayContaining(['quantized', 'indices']) },
    { value: ['indices'] },
  ]);
});

test('works where the page allows scripts, connections and frames of its own and nothing else', async ({
  page,
  open,
}) => {
  const complaints: string[] = [];
  await open(page, '/embedder/site/sealed.html');
  await page.waitForFunction(() => 'sealing' in globalThis);
  const codes = await page.evaluate(async (url) => {
    const violations: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
    const session = await sealing.createSealedSession(url);
    const { codes } = await session.encode(new Float32Array(16000));
    await session.release();
    return { length: codes?.length, violations, frames: document.querySelectorAll('iframe').length };
  }, `/embedder${good}`);
  expect(codes).toEqual({ length: 49, violations: [], frames: 0 });
  expect(complaints).toEqual([]);
});

test('files that are not of this release are refused', async ({ page }) => {
  for (const file of ['sealed-engine.txt', 'edgy-relaxed.wasm']) {
    await page.route(`**/edgy/${file}`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: Buffer.concat([await response.body(), Buffer.from('\n')]) });
    });
    const result = await page.evaluate((url) => kit.outcome(() => sealing.createSealedSession(url).then(String)), good);
    expect(result).toMatchObject({
      code: 'sealed',
      typed: true,
      message: expect.stringContaining(`${file} has the hash`),
    });
    await page.unroute(`**/edgy/${file}`);
  }
  await expect(page.locator('iframe')).toHaveCount(0);
});

test.describe('a seal that cannot be closed says why, within 10 s', () => {
  const html = (text: string) => text.replace('<script>', '<script>\n');
  type Answer = { status?: number; headers?: Record<string, string>; body?: (text: string) => string };
  const answers: Record<string, [Answer, RegExp]> = {
    'seal.htm is missing': [{ status: 404 }, /seal\.htm answered 404/],
    'seal.htm comes as another type': [
      { headers: { 'content-type': 'application/octet-stream' } },
      /media type application\/octet/,
    ],
    'seal.htm was rewritten': [{ body: html }, /rewritten on its way here/],
    'seal.htm is another page': [
      { body: () => '<!doctype html><title>Not found</title>' },
      /does not answer\..*is not seal\.htm at all/,
    ],
    'seal.htm may not be framed': [{ headers: { 'x-frame-options': 'DENY' } }, /X-Frame-Options: DENY/],
    'seal.htm may not be framed, by a policy': [
      { headers: { 'content-security-policy': "frame-ancestors 'none'" } },
      /does not answer\..*frame-ancestors/,
    ],
    'a policy forbids scripts': [{ headers: { 'content-security-policy': 'sandbox' } }, /does not answer/],
    'a policy forbids the worker': [
      { headers: { 'content-security-policy': "worker-src 'none'" } },
      /worker could not be started/,
    ],
    'a policy forbids the engine': [
      { headers: { 'content-security-policy': "script-src 'unsafe-inline'; worker-src blob:" } },
      /engine could not be let in/,
    ],
    'a policy reports': [
      { headers: { 'content-security-policy-report-only': "script-src 'self'; report-uri /reports" } },
      /Report-Only.*report-uri/,
    ],
    'what is of no policy is reported': [
      { headers: { 'reporting-endpoints': 'default="https://reports.invalid/"' } },
      /Reporting-Endpoints/,
    ],
  };
  for (const [name, [answer, message]] of Object.entries(answers)) {
    test(name, async ({ page }) => {
      await page.route('**/edgy/seal.htm', async (route) => {
        const response = await route.fetch();
        const text = await response.text();
        await route.fulfill({
          status: answer.status ?? 200,
          headers: { ...response.headers(), ...answer.headers },
          body: answer.body ? answer.body(text) : text,
        });
      });
      const seen = await page.evaluate(async (url) => {
        const start = performance.now();
        const result = await kit.outcome(() => sealing.createSealedSession(url).then(String));
        return {
          result,
          seconds: (performance.now() - start) / 1000,
          frames: document.querySelectorAll('iframe').length,
        };
      }, good);
      expect(seen.result).toMatchObject({ code: 'sealed', typed: true, message: expect.stringMatching(message) });
      expect(seen.seconds).toBeLessThan(10);
      expect(seen.frames).toBe(0);
    });
  }

  test("the page's own policy forbids the frame", async ({ page }) => {
    const seen = await page.evaluate(async (url) => {
      const policy = document.createElement('meta');
      Object.assign(policy, { httpEquiv: 'Content-Security-Policy', content: "frame-src 'none'" });
      document.head.append(policy);
      const start = performance.now();
      const result = await kit.outcome(() => sealing.createSealedSession(url).then(String));
      return { result, seconds: (performance.now() - start) / 1000 };
    }, good);
    expect(seen.result).toMatchObject({
      code: 'sealed',
      message: expect.stringMatching(/own policy refuses.*frame-src/),
    });
    expect(seen.seconds).toBeLessThan(10);
  });

  test('the worker says nothing', async ({ page }) => {
    const engine = 'await new Promise(() => {}); export default 0;';
    const wasm = Object.fromEntries(
      ['simd', 'relaxed'].map((variant) => [variant, digest(readFileSync(path.join(dist, `edgy-${variant}.wasm`)))]),
    );
    const { html } = await makeSealPage({ ...wasm, engine: digest(engine) } as Parameters<typeof makeSealPage>[0]);
    for (const [file, body] of [
      ['seal.htm', html],
      ['sealed-engine.txt', engine],
    ] as const) {
      await page.route(`**/edgy/${file}`, async (route) => route.fulfill({ response: await route.fetch(), body }));
    }
    const seen = await page.evaluate(async (url) => {
      const start = performance.now();
      const result = await kit.outcome(() => sealing.createSealedSession(url).then(String));
      return { result, seconds: (performance.now() - start) / 1000 };
    }, good);
    expect(seen.result).toMatchObject({
      code: 'sealed',
      typed: true,
      message: expect.stringMatching(/does not start/),
    });
    expect(seen.seconds).toBeLessThan(10);
  });
});

test('bad models and bad input are typed errors, and the session goes on', async ({ page }) => {
  const seen = await page.evaluate(async (url) => {
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const code = async (work: () => Promise<unknown>) => (await kit.outcome(() => work().then(String))).code;
    const load = (model: Uint8Array<ArrayBuffer>) => code(() => sealing.createSealedSession(model));
    const session = await sealing.createSealedSession(url);
    const codes = [
      await load(new Uint8Array(0)),
      await load(new Uint8Array(4096).fill(255)),
      await load(bytes.slice(0, bytes.length / 2)),
      await code(() => session.encode(new Float32Array(0))),
      await code(() => session.encode(new Float32Array(16000).fill(Number.NaN))),
      await code(() => session.run({})),
      await code(() => session.encode(new Float32Array(16000), { signal: AbortSignal.abort() })),
    ];
    const goesOn = (await session.encode(new Float32Array(16000))).codes?.length;
    const running = code(() => session.encode(new Float32Array(16000)));
    await session.release();
    return { codes, goesOn, ended: [await running, await code(() => session.encode(new Float32Array(16000)))] };
  }, good);
  expect(seen).toEqual({
    codes: [
      'invalid-model',
      'invalid-model',
      'invalid-model',
      'invalid-input',
      'invalid-input',
      'invalid-input',
      'aborted',
    ],
    goesOn: 49,
    ended: ['released', 'released'],
  });
});

test.describe('a hostile page', () => {
  test.beforeEach(async ({ page }) => {
    await page.evaluate(async (url) => {
      globalThis.sealed = await sealing.createSealedSession(url);
    }, good);
  });

  // The control of each: the same words get z out of a session at level low, where they are allowed.
  for (const [name, request] of [
    ['asks the guard itself for z', { operation: 'encode', request: { mel: false, fetches: [0] } }],
    ['asks for z among the codes', { operation: 'encode', request: { mel: false, fetches: [1, 0] } }],
    ['asks for the log-mel', { operation: 'encode', request: { mel: true, fetches: [1] } }],
  ] as const) {
    test(name, async ({ page }) => {
      const answers = await page.evaluate(
        async ({ url, request }) => {
          const ask = () => {
            const pcm = new Float32Array(8000);
            const message = { id: 1e6, ...request, request: { ...request.request, pcm } };
            return sealing.askRaw(sealing.ports.at(-1) as MessagePort, message, [pcm.buffer]);
          };
          const high = await ask();
          await sealing.createSealedSession(url, { level: 'low' });
          return [high, await ask()];
        },
        { url: good, request },
      );
      expect(answers).toMatchObject([{ outcome: { ok: false, code: 'refused' } }, { outcome: { ok: true } }]);
    });
  }

  test('loads again at a lower level, sends what is no call, and is answered or ignored', async ({ page }) => {
    const answers = await page.evaluate(async () => {
      const port = sealing.ports.at(-1) as MessagePort;
      const ask = (operation: unknown, request: unknown) => sealing.askRaw(port, { id: 7, operation, request });
      for (const nothing of [null, 1, 'run', [], {}, { id: '1' }, { id: 0.5, operation: 'run' }])
        port.postMessage(nothing);
      return [
        await ask('load', { model: new ArrayBuffer(8), level: 'low', policy: {} }),
        await ask('open', { engine: new ArrayBuffer(8), wasm: new ArrayBuffer(8), variant: 'simd' }),
        await ask('tighten', { level: 'low' }),
        await ask('profile', null),
        await ask('constructor', {}),
        await ask('__proto__', {}),
        await ask('run', null),
        await ask('run', { feeds: [], fetches: [99] }),
        await ask('run', { feeds: [{ type: 'float32', dims: [2], data: new Float32Array(1) }], fetches: [1] }),
        await ask('encode', { pcm: 'sound' }),
      ].map(({ outcome }) => outcome.code);
    });
    expect(answers).toEqual(['sealed', 'sealed', 'refused', ...new Array(7).fill('sealed')]);
  });

  test('cannot look into the frame, shake hands twice, or talk to the inner frame', async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const frame = document.querySelector('iframe') as HTMLIFrameElement;
      const outer = frame.contentWindow as Window;
      const blocked = (look: () => unknown) => {
        try {
          return look() === null;
        } catch (error) {
          return (error as Error).name === 'SecurityError';
        }
      };
      const answered = (target: Window) =>
        new Promise<boolean>((resolve) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve(true);
          port1.postMessage({ id: 1, operation: 'tighten', request: {} });
          target.postMessage({ edgy: 'seal', policy: '' }, '*', [port2]);
          setTimeout(() => resolve(false), 500);
        });
      return {
        document: blocked(() => frame.contentDocument),
        outer: blocked(() => outer.document),
        inner: blocked(() => (outer[0] as Window).document),
        global: blocked(() => (outer as unknown as Record<string, unknown>).Worker),
        outerAnswers: await answered(outer),
        innerAnswers: await answered(outer[0] as Window),
      };
    });
    expect(seen).toEqual({
      document: true,
      outer: true,
      inner: true,
      global: true,
      outerAnswers: false,
      innerAnswers: false,
    });
  });

  test('takes the frame away or leads it elsewhere: calls are rejected', async ({ page }) => {
    const codes = await page.evaluate(async (url) => {
      const other = await sealing.createSealedSession(url);
      const [first, second] = document.querySelectorAll('iframe') as unknown as [HTMLIFrameElement, HTMLIFrameElement];
      const work = (session: typeof sealed) => kit.outcome(() => session.encode(new Float32Array(80000)).then(String));
      const taken = work(sealed);
      first.remove();
      const led = new Promise((resolve) => second.addEventListener('load', resolve));
      second.src = '/site/index.html';
      // What was under way may be done before its worker is gone, but it ends. What comes after is refused.
      const underWay = [await taken, await work(other)];
      await led;
      const after = [await work(sealed), await work(other)];
      return { underWay: underWay.map(({ code }) => code ?? 'sealed'), after: after.map(({ code }) => code) };
    }, good);
    expect(codes).toEqual({ underWay: ['sealed', 'sealed'], after: ['sealed', 'sealed'] });
  });
});
