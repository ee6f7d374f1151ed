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

  it('never chooses relaxed SIMD', async () => {
    await expect(edgy.InferenceSession.create(model, { variant: 'relaxed' })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('rejects a model that is none', async () => {
    await expect(edgy.InferenceSession.create(new Uint8Array(100))).rejects.toMatchObject({ code: 'invalid-model' });
  });
});
