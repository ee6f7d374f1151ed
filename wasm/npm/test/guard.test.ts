import { describe, expect, it } from 'vitest';
import type { Outcome } from '../src/protocol.js';
import { Guard, type Surroundings } from '../src/seal/guard.js';
import { readModelPolicy } from '../src/seal/model_policy.js';
import { kF32, kI64, modelFile } from './model_file.js';

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
) {
  const around: Surroundings = {
    now: () => 0,
    ask: async (operation, request) =>
      operation === 'load'
        ? { ok: true, value: described }
        : answer(operation, request as { readonly fetches: readonly number[] }),
  };
  const guard = new Guard(around, { module: new ArrayBuffer(2), variant: 'simd' }, 'hash');
  const ask = async (operation: unknown, request: unknown) =>
    (await guard.handle({ id: 1, operation, request }))?.message.outcome as Outcome<{ outputs: unknown[] }>;
  const loaded = await ask('load', { model: file(), isa: 'auto', memoryLimit: 1, level, policy: {} });
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

describe('readModelPolicy', () => {
  it('reads outputs, levels and the floor', () => {
    expect(readModelPolicy(file(1))).toEqual({
      floor: 'moderate',
      outputs: [
        { name: 'z', type: 'float32', shape: [1, 2, -1], level: 'low' },
        { name: 'codes', type: 'int64', shape: [1, -1], level: 'high' },
      ],
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
