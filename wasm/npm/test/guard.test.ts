import { describe, expect, it } from 'vitest';
import { Guard, type Surroundings } from '../src/seal/guard.js';
import { readModelPolicy } from '../src/seal/model_policy.js';
import type { Outcome } from '../src/worker/protocol.js';
import {
  kArgReduce,
  kBool,
  kConcat,
  kF32,
  kGather,
  kI8,
  kI32,
  kI64,
  kNearestCode,
  kReshape,
  modelFile,
} from './model_file.js';

const outputs = [
  { name: 'z', type: kF32, shape: [1, 2, -1] },
  { name: 'codes', type: kI64, shape: [1, -1] },
];
const file = (floor = 0) =>
  modelFile(
    outputs,
    [
      ['z', 0],
      ['codes', 2],
    ],
    floor,
    {
      tensors: [{ name: 'codebook', type: kF32, shape: [512, 2] }],
      operators: [{ kind: kNearestCode, inputs: [0, 2], outputs: [1] }],
      logMel: {},
    },
  );
const described = {
  inputs: [],
  outputs: [
    { name: 'z', type: 'float32' },
    { name: 'codes', type: 'int64' },
  ],
  metadata: {},
};
const z = () => ({ type: 'float32', dims: [1, 2, 2], data: Float32Array.of(1, 2, 3, 4) });
const codes = () => ({ type: 'int64', dims: [1, 2], data: BigInt64Array.of(5n, 6n) });

/** A guard with an engine that answers what the test says. */
async function guardWith(
  answer: (operation: string, request: { readonly fetches: readonly number[] }) => unknown,
  level = 'high',
  { bitsPerSecond, model = file() }: { bitsPerSecond?: unknown; model?: ArrayBuffer } = {},
) {
  let clock = 0;
  const around: Surroundings = {
    now: () => (clock += 6.28),
    ask: async (operation, request) =>
      operation === 'load'
        ? { ok: true, value: described }
        : answer(operation, request as { readonly fetches: readonly number[] }),
  };
  const guard = new Guard(around, { module: new ArrayBuffer(2), variant: 'simd' }, 'hash');
  const ask = async (operation: unknown, request: unknown) =>
    (await guard.handle({ id: 1, operation, request }))?.message.outcome as Outcome<{ outputs: unknown[] }>;
  const loaded = await ask('load', {
    model,
    isa: 'auto',
    memoryLimit: 1,
    workLimit: 1,
    level,
    policy: {},
    bitsPerSecond,
  });
  expect(loaded.ok).toBe(true);
  return ask;
}

const encode = { pcm: new Float32Array(4), mel: false };

describe('Guard', () => {
  it('asks the engine for what the level hands out and hands that out', async () => {
    const asked: unknown[] = [];
    const ask = await guardWith((_, request) => {
      asked.push(request.fetches);
      return { ok: true, value: { outputs: [codes()], milliseconds: 1 } };
    });
    const { value } = (await ask('encode', encode)) as { value: { outputs: unknown[] } };
    expect(asked).toEqual([[1]]);
    expect(value.outputs).toEqual([codes()]);
  });

  it('builds answers anew: nothing but the declared tensors comes out', async () => {
    const ask = await guardWith(() => ({
      ok: true,
      note: 'secret',
      value: { outputs: [{ ...codes(), note: 'secret' }], milliseconds: 'secret', note: 'secret' },
    }));
    expect(JSON.stringify(await ask('encode', encode), (_, v) => (typeof v === 'bigint' ? `${v}` : v))).not.toContain(
      'secret',
    );
  });

  it.each([
    ['another type', () => [{ ...codes(), type: 'float32', data: new Float32Array(2) }]],
    ['another rank', () => [{ ...codes(), dims: [2] }]],
    ['more outputs', () => [codes(), z()]],
    ['no list', () => 'secret'],
    ['data that do not fill the shape', () => [{ ...codes(), dims: [1, 3] }]],
  ])('refuses %s from the engine', async (_, given) => {
    const ask = await guardWith(() => ({ ok: true, value: { outputs: given(), milliseconds: 1 } }));
    expect(await ask('encode', encode)).toMatchObject({ ok: false, code: 'sealed' });
  });

  it('refuses what was asked for before the level was tightened', async () => {
    let finish: (outcome: unknown) => void = () => {};
    const ask = await guardWith(() => new Promise((resolve) => (finish = resolve)), 'low');
    const running = ask('encode', { ...encode, fetches: [0] });
    await Promise.resolve();
    await ask('tighten', { level: 'high' });
    finish({ ok: true, value: { outputs: [z()], milliseconds: 1 } });
    expect(await running).toMatchObject({ ok: false, code: 'refused' });
  });

  it('gives words of its own for errors after the first sample', async () => {
    const ask = await guardWith(() => ({ ok: false, code: 'invalid-input', message: 'secret' }));
    const outcome = await ask('encode', encode);
    expect(outcome).toMatchObject({ ok: false, code: 'invalid-input' });
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });
});

describe('covert channels', () => {
  const first = async (answer: object, level = 'low') => {
    const ask = await guardWith(() => ({ ok: true, value: { outputs: [z(), codes()], ...answer } }), level);
    return (await ask('encode', { ...encode, fetches: [0, 1] })) as unknown as {
      value: { outputs: { data: Float32Array; dims: number[] }[]; milliseconds: number; frontEndMilliseconds: number };
    };
  };

  it('copies out of buffers that could grow, or are parts of larger ones', async () => {
    const grows = new (ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer)(16, {
      maxByteLength: 987_654,
    });
    new Float32Array(grows).set([1, 2, 3, 4]);
    const part = new Float32Array(64).subarray(4, 8).fill(7);
    for (const data of [new Float32Array(grows), new Float32Array(grows, 0, 4), part]) {
      const { value } = await first({ outputs: [{ ...z(), data }, codes()] });
      const { buffer } = (value.outputs[0] as { data: Float32Array }).data;
      expect([...new Float32Array(buffer)]).toEqual([...data]);
      expect(buffer).not.toBe(data.buffer);
      expect(buffer.byteLength).toBe(16);
      expect((buffer as { resizable?: boolean }).resizable ?? false).toBe(false);
    }
  });

  it('takes the time itself, in whole milliseconds', async () => {
    const times = { milliseconds: 3.1234, frontEndMilliseconds: 2.1234, resampleMilliseconds: 1.1234 };
    const { value } = await first(times);
    expect(value).toMatchObject({ milliseconds: 6, frontEndMilliseconds: 0, resampleMilliseconds: 0 });
  });

  it('lets few codes of failures through', async () => {
    const seen = new Set<string>();
    for (const code of ['invalid-input', 'out-of-memory', 'too-much-work', 'invalid-model', 'invalid-argument', 'x']) {
      const ask = await guardWith(() => ({ ok: false, code, message: code }));
      seen.add(((await ask('encode', encode)) as unknown as { code: string }).code);
    }
    expect([...seen]).toEqual(['invalid-input', 'out-of-memory', 'too-much-work', 'internal']);
  });

  it('gives the engine no list that it reads again', async () => {
    const ask = await guardWith((_, request) => {
      (request.fetches as number[])[0] = 0;
      return { ok: true, value: { outputs: [z()], milliseconds: 1 } };
    }, 'low');
    expect(await ask('encode', { ...encode, fetches: [1] })).toMatchObject({ ok: false, code: 'sealed' });
  });
});

describe('the price', () => {
  /** As many codes as the test says, for a second of sound each time. */
  const second = { pcm: new Float32Array(16000), mel: false, fetches: [1] };
  const giving =
    (count: () => number, value = 5n) =>
    () => {
      const data = new BigInt64Array(count()).fill(value);
      return { ok: true, value: { outputs: [{ type: 'int64', dims: [1, data.length], data }], milliseconds: 1 } };
    };
  const priceOf = (outcome: unknown) => (outcome as { value: { price: object } }).value.price;

  it('is counted in bits, from the number of values that codes can have', async () => {
    const ask = await guardWith(giving(() => 49));
    const { bits, seconds, ceiling } = priceOf(await ask('encode', second)) as Record<string, number>;
    expect({ seconds, ceiling }).toEqual({ seconds: 1, ceiling: 1000 });
    // 49 codes of 9 bits, 3 for the way the call ended, and once what the number of codes can tell: one of at most 222.
    expect(bits).toBe(Math.ceil(49 * 9 + 3 + Math.log2(1 + Math.floor((2000 - 3) / 9))));
    const again = priceOf(await ask('encode', second)) as Record<string, number>;
    expect(again.bits).toBe((bits as number) + 49 * 9 + 3);
  });

  it('has a ceiling: one second in advance, then as much as was heard', async () => {
    const ask = await guardWith(giving(() => 110));
    const codes = [];
    for (let i = 0; i < 200; i++) codes.push(((await ask('encode', second)) as { code?: string }).code ?? 'given');
    expect(codes.slice(0, 100)).toEqual(new Array(100).fill('given')); // 993 bits a second
    const greedy = await guardWith(giving(() => 150));
    const taken = [];
    for (let i = 0; i < 200; i++) taken.push(((await greedy('encode', second)) as { code?: string }).code ?? 'given');
    const handed = taken.filter((code) => code === 'given').length;
    expect(handed * 150 * 9).toBeLessThanOrEqual(201 * 1000);
    expect(taken[0]).toBe('given');
    expect(taken).toContain('refused');
  });

  it('says nothing of what it refused', async () => {
    const words = new Set<string>();
    for (const count of [5000, 6000]) {
      const ask = await guardWith(giving(() => count));
      words.add(JSON.stringify(await ask('encode', second)));
    }
    expect(words.size).toBe(1);
    expect([...words][0]).toContain('1000 bits a second');
  });

  it('leaves an answer no choice of its shape: equal inputs, equal shapes', async () => {
    let count = 49;
    const ask = await guardWith(giving(() => count));
    expect(await ask('encode', second)).toMatchObject({ ok: true });
    count = 48;
    expect(await ask('encode', second)).toMatchObject({ ok: false, code: 'refused' });
    count = 49;
    expect(await ask('encode', second)).toMatchObject({ ok: true });
    // No elements, but an extent that says much.
    const data = new BigInt64Array(0);
    const empty = await guardWith(
      () => ({ ok: true, value: { outputs: [{ type: 'int64', dims: [0, 1e9], data }] } }),
      'high',
      {
        model: modelFile(
          [
            { name: 'z', type: kF32, shape: [] },
            { name: 'codes', type: kI64, shape: [-1, -1] },
          ],
          [['codes', 2]],
        ),
      },
    );
    expect(await empty('encode', second)).toMatchObject({ ok: false, code: 'refused' });
  });

  it('keeps values in the range that it reckons with', async () => {
    for (const [given, handed] of [
      [-1n, 0n],
      [511n, 511n],
      [512n, 511n],
      [2n ** 62n, 511n],
    ] as const) {
      const ask = await guardWith(giving(() => 2, given));
      const { value } = (await ask('encode', second)) as { value: { outputs: { data: BigInt64Array }[] } };
      expect([...(value.outputs[0]?.data ?? [])]).toEqual([handed, handed]);
    }
  });

  it.each([
    ['float32', kF32],
    ['int8', kI8],
  ])('hands no log-mel through at level high, whatever the file calls it (%s)', async (type, kind) => {
    const model = modelFile([{ name: 'codes', type: kind, shape: [1, 80, -1] }], [['codes', 2]], 0, { logMel: {} });
    const data = new (kind === kF32 ? Float32Array : Int8Array)(80 * 101);
    const around: Surroundings = {
      now: () => 0,
      ask: async (operation) => ({
        ok: true,
        value:
          operation === 'load'
            ? { ...described, outputs: [{ name: 'codes', type }] }
            : { outputs: [{ type, dims: [1, 80, 101], data }], milliseconds: 1 },
      }),
    };
    const guard = new Guard(around, { module: new ArrayBuffer(2), variant: 'simd' }, 'hash');
    const ask = async (operation: string, request: object) =>
      (await guard.handle({ id: 1, operation, request }))?.message.outcome;
    const loaded = await ask('load', { model, isa: 'auto', memoryLimit: 1, workLimit: 1, level: 'high', policy: {} });
    const outcome = loaded?.ok ? await ask('encode', { ...second, fetches: [0] }) : loaded;
    expect(outcome).toMatchObject({ ok: false, code: 'refused' });
  });

  it('makes no more of a sound than it is, whatever rate and hop a file names', () => {
    const sound = (logMel: object) => readModelPolicy(modelFile(outputs, [], 0, { logMel })).sound;
    expect(sound({ sampleRate: 1 })).toEqual({ rate: 8000, secondsPerFrame: 0.02 });
    expect(sound({ hop: 1e9 })).toEqual({ rate: 16000, secondsPerFrame: 0.1 });
    expect(sound({ hop: -5 })).toEqual({ rate: 16000, secondsPerFrame: 0 });
  });

  it('can be lowered and not raised', async () => {
    const ask = await guardWith(
      giving(() => 49),
      'high',
      { bitsPerSecond: 200 },
    );
    expect(await ask('encode', second)).toMatchObject({ ok: false, code: 'refused' });
    const fresh = (level: string, bitsPerSecond: unknown) =>
      guardWith(
        giving(() => 1),
        level,
        { bitsPerSecond },
      ).then(
        () => 'taken',
        () => 'refused',
      );
    expect(await fresh('high', 1000)).toBe('taken');
    expect(await fresh('low', 1e9)).toBe('taken');
    for (const bad of [1001, 0, -1, Number.NaN, Infinity, '5', null, {}])
      expect(await fresh('high', bad), String(bad)).toBe('refused');
    expect(await fresh('low', Infinity)).toBe('refused');
  });

  it.each([Number.NaN, Infinity, 0, -16000, 1e-9])('is not led astray by a rate of %d', async (rate) => {
    const ask = await guardWith(giving(() => 150));
    const codes = [];
    for (let i = 0; i < 5; i++) {
      await ask('encode', { ...second, pcm: new Float32Array(8), rate });
      codes.push(((await ask('encode', second)) as { code?: string }).code ?? 'given');
    }
    expect(codes).toContain('refused');
  });

  it('starts anew, at the new ceiling, when the level is tightened', async () => {
    const ask = await guardWith(
      giving(() => 1000),
      'low',
    );
    expect(priceOf(await ask('encode', second))).toMatchObject({ ceiling: Infinity, seconds: 1 });
    expect(priceOf(await ask('tighten', { level: 'high' }))).toEqual({
      ceiling: 1000,
      most: Infinity,
      bits: 0,
      seconds: 0,
    });
    expect(await ask('encode', second)).toMatchObject({ ok: false, code: 'refused' });
  });
});

describe('value ranges', () => {
  const codes = { name: 'codes', type: kI64, shape: [1, -1] };
  const valuesOf = (operators: NonNullable<Parameters<typeof modelFile>[3]>['operators'], type = kI64) => {
    const tensors = [
      { name: 'x', type: kF32, shape: [1, -1, 40] },
      { name: 'codebook', type: kF32, shape: [1024, 64] },
      { name: 'found', type: kI64, shape: [1, -1] },
      { name: 'other', type: kI64, shape: [1, -1] },
      { name: 'classes', type: kI64, shape: [4], buffer: 0 },
      { name: 'narrow classes', type: kI32, shape: [2], buffer: 1 },
      { name: 'below 0', type: kI64, shape: [2], buffer: 2 },
      { name: 'beyond 32 bits', type: kI64, shape: [2], buffer: 3 },
      { name: 'floats', type: kF32, shape: [2], buffer: 1 },
    ];
    const buffers = [
      [0, 0, 7, 0, 2, 0, 7, 0],
      [11, 3],
      [1, 0, -1, -1],
      [1, 0, 1, 1],
    ];
    const model = modelFile([{ ...codes, type }], [['codes', 2]], 0, { tensors, operators: operators ?? [], buffers });
    return readModelPolicy(model).outputs[0];
  };
  const [out, x, codebook, found, other, classes] = [0, 1, 2, 3, 4, 5];
  const looked = (table: number) => [nearest, { kind: kGather, inputs: [table, found], outputs: [out] }];
  const nearest = { kind: kNearestCode, inputs: [x, codebook], outputs: [found] };

  it.each([
    ['a search in a codebook', [{ ...nearest, outputs: [out] }], 1024, 10],
    ['the same, reshaped', [nearest, { kind: kReshape, inputs: [found], outputs: [out] }], 1024, 10],
    ['the index of a greatest', [{ kind: kArgReduce, axis: -1, inputs: [x], outputs: [out] }], 40, Math.log2(40)],
    [
      'the same along an axis that is open',
      [{ kind: kArgReduce, axis: 1, inputs: [x], outputs: [out] }],
      undefined,
      64,
    ],
    [
      'two together',
      [
        nearest,
        { kind: kArgReduce, axis: 2, inputs: [x], outputs: [other] },
        { kind: kConcat, inputs: [found, other], outputs: [out] },
      ],
      1024,
      10,
    ],
    ['one with an input', [nearest, { kind: kConcat, inputs: [found, other], outputs: [out] }], undefined, 64],
    ['any other operator', [{ kind: kGather, inputs: [x, found], outputs: [out] }], undefined, 64],
    ['codes merged into classes', looked(classes), 8, 3],
    ['the same in 32 bits', looked(classes + 1), 12, Math.log2(12)],
    ['a lookup of numbers below 0', looked(classes + 2), undefined, 64],
    ['a lookup of large numbers', looked(classes + 3), undefined, 64],
    ['a lookup of fractions', looked(classes + 4), undefined, 64],
    ['a lookup in what an operator writes', [...looked(other), { ...nearest, outputs: [other] }], undefined, 64],
    ['no operator', [], undefined, 64],
    ['a circle', [{ kind: kReshape, inputs: [out], outputs: [out] }], 1, 0],
  ])('%s', (_, operators, values, bits) => {
    expect(valuesOf(operators)).toMatchObject({ values, bits });
  });

  it('of types', () => {
    expect(valuesOf([], kI8)).toMatchObject({ values: undefined, bits: 8, level: 'high' });
    expect(valuesOf([], kBool)).toMatchObject({ values: 2, bits: 1, level: 'high' });
    expect(valuesOf([], kF32)).toMatchObject({ values: undefined, bits: 32, level: 'moderate' });
  });
});

describe('readModelPolicy', () => {
  const unsaid = { frameRate: 0, events: undefined };

  it('reads outputs, levels and the floor', () => {
    expect(readModelPolicy(file(1))).toEqual({
      floor: 'moderate',
      outputs: [
        { name: 'z', type: 'float32', shape: [1, 2, -1], level: 'low', values: undefined, bits: 32, ...unsaid },
        { name: 'codes', type: 'int64', shape: [1, -1], level: 'high', values: 512, bits: 9, ...unsaid },
      ],
      sound: { rate: 16000, secondsPerFrame: 0.01 },
    });
  });

  it('takes the stricter of two policies and low for none', () => {
    const levels = (policies: [string, number][]) =>
      readModelPolicy(modelFile(outputs, policies)).outputs.map(({ level }) => level);
    const twice: [string, number][] = [
      ['codes', 2],
      ['codes', 1],
    ];
    expect(levels(twice)).toEqual(['low', 'moderate']);
    expect(levels(twice.reverse() as [string, number][])).toEqual(['low', 'moderate']);
    expect(() => levels([['z', 3]])).toThrow(RangeError);
  });

  it('throws a RangeError for damaged files and never reads outside', () => {
    const good = new Uint8Array(file());
    let state = 20260117;
    const random = (limit: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    for (let i = 0; i < 3000; i++) {
      const bad = i % 2 ? good.slice(0, random(good.length)) : good.slice();
      if (bad.length > 0) bad[random(bad.length)] = random(256);
      try {
        readModelPolicy(bad.buffer);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }
  });
});
