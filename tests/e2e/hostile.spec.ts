import { readFileSync } from 'node:fs';
import { int8Model } from '../lib/paths.mjs';
import { cases, expect, type Result, test } from './fixtures.js';

const mel = { dims: cases()[0]?.mel.dims ?? [], values: cases()[0]?.mel.values ?? [] };
const good = '/models/edgy-256-int8.edgy';

/** A small fixed random sequence (mulberry32), the same in every run. */
const kSeed = 20260117;

test.beforeEach(async ({ page, open }) => {
  await open(page);
  await page.evaluate(async (url) => {
    globalThis.session = await kit.edgy.InferenceSession.create(url);
  }, good);
});

// Whatever a test did: the session made before it still gives what it gave, and nothing on the page broke.
test.afterEach(async ({ page }) => {
  const [used, fresh] = await page.evaluate(
    async ({ mel, url }) => {
      const run = async (session: typeof globalThis.session) =>
        kit.outputsOf(await session.run({ mel: kit.melOf(mel) }));
      return [await run(globalThis.session), await run(await kit.edgy.InferenceSession.create(url))];
    },
    { mel, url: good },
  );
  expect(used).toEqual(fresh);
});

const model = [...readFileSync(int8Model)];
const withBytes = (at: number, ...bytes: number[]) => model.map((byte, i) => bytes[i - at] ?? byte);

/** How bytes get into the page in little time. */
const asText = (bytes: Iterable<number>) => Buffer.from([...bytes]).toString('base64');

const badModels: [name: string, bytes: number[], code: RegExp][] = [
  ['empty', [], /^invalid-model$/],
  ['one byte', [69], /^invalid-model$/],
  ['zeros', new Array(4096).fill(0), /^invalid-model$/],
  ['all ones', new Array(4096).fill(255), /^invalid-model$/],
  ['HTML', [...new TextEncoder().encode('<!doctype html><title>Not found</title>')], /^invalid-model$/],
  ['another identifier', withBytes(4, 84, 70, 76, 51), /^invalid-model$/],
  ['a root beyond the end', withBytes(0, 255, 255, 255, 127), /^invalid-model$/],
  ['only a head', model.slice(0, 8), /^invalid-model$/],
  ['half of it', model.slice(0, model.length / 2), /^invalid-model$/],
  ['the last byte missing', model.slice(0, -1), /^invalid-model$/],
  ['shifted by one', [0, ...model], /^invalid-model$/],
];

for (const [name, bytes, code] of badModels) {
  test(`a bad model is rejected: ${name}`, async ({ page }) => {
    for (const worker of [true, false]) {
      const result = await page.evaluate(
        ({ text, worker }) =>
          kit.outcome(async () => String(await kit.edgy.InferenceSession.create(kit.bytesOf(text), { worker }))),
        { text: asText(bytes), worker },
      );
      expect(result).toMatchObject({ code: expect.stringMatching(code), typed: true });
      expect((result as { message: string }).message.length).toBeGreaterThan(10);
    }
  });
}

test('a model of a later version is refused as such', async ({ page }) => {
  const patched = laterVersion(Uint8Array.from(model));
  const result = await page.evaluate(
    (text) => kit.outcome(async () => String(await kit.edgy.InferenceSession.create(kit.bytesOf(text)))),
    asText(patched),
  );
  expect(result).toMatchObject({ code: 'unsupported-model', typed: true, message: expect.stringMatching(/version/) });
});

/** Follows the root table's vtable to the first field, `version`. */
function laterVersion(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  const root = view.getUint32(0, true);
  const vtable = root - view.getInt32(root, true);
  const field = root + view.getUint16(vtable + 4, true);
  expect(view.getUint32(field, true)).toBe(1);
  view.setUint32(field, 2, true);
  return bytes;
}

for (const [name, url] of [
  ['a page instead of a model', '/page-instead-of-model.edgy'],
  ['a missing file', '/models/none.edgy'],
  ['a server that is not there', 'http://127.0.0.1:1/model.edgy'],
] as const) {
  test(`a bad address is rejected: ${name}`, async ({ page }) => {
    const result = await page.evaluate(
      (url) => kit.outcome(async () => String(await kit.edgy.InferenceSession.create(url))),
      url,
    );
    expect(result).toMatchObject({ code: name.startsWith('a page') ? 'invalid-model' : 'network', typed: true });
  });
}

test('truncated anywhere, a model is rejected', async ({ page }) => {
  const results = await page.evaluate(
    async ({ url, seed }) => {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      const results: Result<string>[] = [];
      let state = seed;
      for (let i = 0; i < 40; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const cut = bytes.subarray(0, Math.floor((state / 2 ** 32) * bytes.length));
        results.push(
          await kit.outcome(async () => String(await kit.edgy.InferenceSession.create(cut, { worker: false }))),
        );
      }
      return results;
    },
    { url: good, seed: kSeed },
  );
  for (const result of results) expect(result).toMatchObject({ code: 'invalid-model', typed: true });
});

test('with flipped bits, a model is rejected or runs, and never traps', async ({ page }) => {
  const counts = await page.evaluate(
    async ({ url, seed, mel }) => {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      const counts: Record<string, number> = {};
      let state = seed;
      const random = (limit: number) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * limit);
      };
      // Tables gather at the start of a FlatBuffer and at its end, so flips go there as often as anywhere.
      const places = [
        () => random(Math.min(4096, bytes.length)),
        () => bytes.length - 1 - random(Math.min(4096, bytes.length)),
        () => random(bytes.length),
      ];
      for (let i = 0; i < 240; i++) {
        const bad = bytes.slice();
        for (let flips = 1 + random(4); flips > 0; flips--) {
          const at = (places[i % places.length] as () => number)();
          bad[at] = (bad[at] as number) ^ (1 << random(8));
        }
        const result = await kit.outcome(async () => {
          const session = await kit.edgy.InferenceSession.create(bad, { worker: false, memoryLimit: 2 ** 28 });
          try {
            await session.run({ mel: kit.melOf(mel) });
          } finally {
            await session.release();
          }
        });
        const code = result.code ?? 'runs';
        counts[code] = (counts[code] ?? 0) + 1;
      }
      return counts;
    },
    { url: good, seed: kSeed, mel },
  );
  test.info().annotations.push({ type: 'outcomes', description: JSON.stringify(counts) });
  const known = ['runs', 'invalid-model', 'unsupported-model', 'invalid-input', 'invalid-argument', 'out-of-memory'];
  expect(Object.keys(counts).filter((code) => !known.includes(code))).toEqual([]);
  expect(counts['invalid-model']).toBeGreaterThan(0);
});

test('bad inputs are rejected with what would be right', async ({ page }) => {
  const results = await page.evaluate(async (mel) => {
    const { Tensor } = kit.edgy;
    const { session } = globalThis;
    const frames = (count: number) => new Tensor('float32', new Float32Array(80 * count), [1, 80, count]);
    const attempts: Record<string, () => Promise<unknown>> = {
      'no feeds': () => session.run({}),
      'null for feeds': () => session.run(null as never),
      'an unknown input': () => session.run({ mel: kit.melOf(mel), speaker: kit.melOf(mel) }),
      'an unknown output': () => session.run({ mel: kit.melOf(mel) }, ['codes']),
      'another type': () => session.run({ mel: new Tensor('int8', new Int8Array(800), [1, 80, 10]) }),
      'another rank': () => session.run({ mel: new Tensor('float32', new Float32Array(800), [80, 10]) }),
      'another extent': () => session.run({ mel: new Tensor('float32', new Float32Array(790), [1, 79, 10]) }),
      'too few frames': () => session.run({ mel: frames(1) }),
      'no frames': () => session.run({ mel: frames(0) }),
      'a claim of 2^31 - 1 frames': () =>
        session.run({ mel: { type: 'float32', dims: [1, 80, 2 ** 31 - 1], data: new Float32Array(80) } }),
    };
    const results: Record<string, Result<string>> = {};
    for (const [name, attempt] of Object.entries(attempts)) {
      results[name] = await kit.outcome(async () => Object.keys((await attempt()) as object).join());
    }
    return results;
  }, mel);
  for (const [name, result] of Object.entries(results)) {
    expect(result, name).toMatchObject({
      code: name === 'an unknown output' ? 'invalid-argument' : 'invalid-input',
      typed: true,
    });
  }
});

test('values that are no numbers go through without a trap', async ({ page }) => {
  const codes = await page.evaluate(async () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38, -3.4e38, 1e-45];
    const data = Float32Array.from({ length: 800 }, (_, i) => values[i % values.length] as number);
    const { indices } = await globalThis.session.run({ mel: new kit.edgy.Tensor('float32', data, [1, 80, 10]) });
    return Array.from(indices?.data as BigInt64Array, Number);
  });
  for (const code of codes) {
    expect(code).toBeGreaterThanOrEqual(0);
    expect(code).toBeLessThan(512);
  }
});

test('bad options are rejected', async ({ page }) => {
  const results = await page.evaluate(async (url) => {
    const options = [
      { variant: 'avx' },
      { isa: 'avx' },
      { variant: 'simd', isa: 'relaxed-dot' },
      { memoryLimit: 0 },
      { memoryLimit: -1 },
      { memoryLimit: Number.NaN },
    ] as never[];
    const results: Result<string>[] = [];
    for (const bad of options) {
      results.push(await kit.outcome(async () => String(await kit.edgy.InferenceSession.create(url, bad))));
    }
    return results;
  }, good);
  for (const result of results) expect(result).toMatchObject({ code: 'invalid-argument', typed: true });
});

test('a plan beyond the memory limit is refused, and a smaller one runs', async ({ page }) => {
  const result = await page.evaluate(async (url) => {
    const { Tensor, InferenceSession } = kit.edgy;
    const roomy = await InferenceSession.create(url);
    const frames = (count: number) => new Tensor('float32', new Float32Array(80 * count), [1, 80, count]);
    await roomy.run({ mel: frames(100) });
    const { packed, arena } = await roomy.memory();
    const tight = await InferenceSession.create(url, { memoryLimit: packed + 2 * arena });
    return {
      small: await kit.outcome(async () => Object.keys(await tight.run({ mel: frames(100) }))),
      large: await kit.outcome(async () => Object.keys(await tight.run({ mel: frames(5000) }))),
      again: await kit.outcome(async () => Object.keys(await tight.run({ mel: frames(100) }))),
    };
  }, good);
  expect(result.small.code).toBeUndefined();
  expect(result.large).toMatchObject({ code: 'out-of-memory', typed: true });
  expect(result.again.code).toBeUndefined();
});

test('a model is copied: what its buffer becomes later, shared or not, changes nothing', async ({ page }) => {
  const [before, after] = await page.evaluate(
    async ({ mel, url }) => {
      const file = new Uint8Array(await (await fetch(url)).arrayBuffer());
      const shared = new Uint8Array(new SharedArrayBuffer(file.length));
      shared.set(file);
      const outputs: ReturnType<typeof kit.outputsOf>[] = [];
      for (const bytes of [file, shared]) {
        const session = await kit.edgy.InferenceSession.create(bytes as Uint8Array<ArrayBuffer>);
        bytes.fill(255);
        outputs.push(kit.outputsOf(await session.run({ mel: kit.melOf(mel) })));
      }
      return outputs;
    },
    { mel, url: good },
  );
  expect(before).toEqual(after);
});
