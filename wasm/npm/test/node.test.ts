/** The built package under Node: plain SIMD, no worker, the same outputs as everywhere. Needs dist/ and build/models. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as Edgy from '../src/index.js';

const root = path.resolve(__dirname, '../../..');
const model = path.join(root, 'build/models/edgy-256-int8.edgy');
let edgy: typeof Edgy;

beforeAll(async () => {
  edgy = await import(/* @vite-ignore */ pathToFileURL(path.join(root, 'wasm/npm/dist/index.js')).href);
});

describe('under Node', () => {
  it('runs a model from a path, with plain SIMD and without a worker', async () => {
    const session = await edgy.InferenceSession.create(pathToFileURL(model));
    expect(session.runtimeInfo()).toMatchObject({ variant: 'simd', isa: 'simd128', worker: false });
    const data = Float32Array.from({ length: 80 * 30 }, (_, i) => Math.sin(i) / 2 + 0.5);
    const { indices } = await session.run({ mel: new edgy.Tensor('float32', data, [1, 80, 30]) }, ['indices']);
    expect(indices?.dims).toEqual([1, 14]);
    await session.release();
    await expect(session.run({})).rejects.toMatchObject({ code: 'released' });
  });

  it('gives the same codes in every form it has', async () => {
    const bytes = readFileSync(model);
    const pcm = Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 7) * Math.sin(i / 900));
    const codes = [];
    for (const isa of ['reference', 'simd128'] as const) {
      const encoder = await edgy.AudioEncoder.create(bytes, { isa });
      codes.push((await encoder.encode(pcm)).codes);
      await encoder.release();
    }
    expect(codes[0]?.length).toBeGreaterThan(10);
    expect(codes[1]).toEqual(codes[0]);
  });

  it('takes feeds as they are when it is called, however many calls wait and shapes change', async () => {
    const session = await edgy.InferenceSession.create(pathToFileURL(model));
    const inputOf = (seed: number, frames: number) =>
      Float32Array.from({ length: 80 * frames }, (_, i) => Math.sin(i * seed) / 2 + 0.5);
    const codesOf = async (outputs: Promise<Record<string, Edgy.Tensor>>) => (await outputs).indices?.data;
    const tasks = [1, 2, 3, 2, 1].map((seed, at) => ({ seed, frames: at < 3 ? 30 : 60 }));
    const alone = [];
    for (const { seed, frames } of tasks)
      alone.push(
        await codesOf(session.run({ mel: new edgy.Tensor('float32', inputOf(seed, frames), [1, 80, frames]) })),
      );
    const shared = { 30: new Float32Array(80 * 30), 60: new Float32Array(80 * 60) } as Record<number, Float32Array>;
    const together = tasks.map(({ seed, frames }) => {
      shared[frames]?.set(inputOf(seed, frames));
      return codesOf(session.run({ mel: { type: 'float32', dims: [1, 80, frames], data: shared[frames] } }));
    });
    for (const data of Object.values(shared)) data.fill(0);
    expect(await Promise.all(together)).toEqual(alone);
    expect(new Set(alone.slice(0, 3).map(String)).size).toBe(3);
    await session.release();
  });

  it('leaves outputs of earlier runs alone', async () => {
    const session = await edgy.InferenceSession.create(pathToFileURL(model));
    const runOf = (seed: number) => {
      const data = Float32Array.from({ length: 80 * 30 }, (_, i) => Math.sin(i * seed) / 2 + 0.5);
      return session.run({ mel: new edgy.Tensor('float32', data, [1, 80, 30]) });
    };
    const first = await runOf(1);
    const before = structuredClone(first.z?.data);
    const second = await runOf(2);
    expect(first.z?.data).toEqual(before);
    expect(second.z?.data).not.toEqual(before);
    await session.release();
  });

  it('ends calls under way when it is released', async () => {
    const session = await edgy.InferenceSession.create(pathToFileURL(model));
    const tensor = new edgy.Tensor('float32', new Float32Array(80 * 30), [1, 80, 30]);
    const calls = [session.run({ mel: tensor }), session.run({ mel: tensor })];
    const ends = Promise.all(calls.map((call) => expect(call).rejects.toMatchObject({ code: 'released' })));
    await session.release();
    await ends;
  });

  it('never chooses relaxed SIMD', async () => {
    await expect(edgy.InferenceSession.create(model, { variant: 'relaxed' })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('rejects a model that is none', async () => {
    await expect(edgy.InferenceSession.create(new Uint8Array(100))).rejects.toMatchObject({ code: 'invalid-model' });
  });
});
