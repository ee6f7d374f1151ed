import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { e2eOutput, edgy, floatModel, int8Model, onnxModel } from '../lib/paths.mjs';
import { agreement, type Bits, cases, cosine, expect, runNatively, test, toFloats } from './fixtures.js';

const forms = [
  { variant: 'simd', isa: 'reference' },
  { variant: 'simd', isa: 'simd128' },
  { variant: 'relaxed', isa: 'simd128' },
  { variant: 'relaxed', isa: 'relaxed-dot' },
  { variant: 'relaxed', isa: 'relaxed-pair' },
] as const;

const all = cases();
let native: Record<string, Bits>[];

test.beforeAll(() => {
  native = all.map(({ mel }) => runNatively(int8Model, mel));
});

for (const { variant, isa } of forms) {
  test(`int8 outputs equal the native runtime's bit for bit: ${variant}, ${isa}`, async ({ page, open }) => {
    await open(page);
    const { info, results } = await page.evaluate(
      async ({ mels, ...options }) => {
        const session = await kit.edgy.InferenceSession.create('/models/edgy-256-int8.edgy', options);
        const results: Record<string, Bits>[] = [];
        for (const mel of mels)
          results.push(kit.outputsOf(await session.run({ mel: kit.melOf(mel) }, ['z', 'indices'])));
        return { info: session.runtimeInfo(), results };
      },
      { variant, isa, mels: all.map(({ mel: { dims, values } }) => ({ dims, values })) },
    );
    expect(info).toMatchObject({ variant, isa, worker: true });
    for (const [i, result] of results.entries()) {
      expect(result.indices, `indices of ${all[i]?.file}`).toEqual(native[i]?.indices);
      expect(result.z, `z of ${all[i]?.file}`).toEqual(native[i]?.z);
    }
  });
}

test('float constants in half the bytes: the native runtime, and close to the whole ones', async ({ page, open }) => {
  mkdirSync(e2eOutput, { recursive: true });
  const [config, file] = ['float16.json', 'float16.edgy'].map((name) => path.join(e2eOutput, name)) as [string, string];
  writeFileSync(config, JSON.stringify({ precision: 'f32', float_storage: 'f16' }));
  execFileSync(edgy, ['convert', onnxModel, '-o', file, '--config', config], { stdio: 'pipe' });
  const bytes = readFileSync(file);
  expect(bytes.length).toBeLessThan(0.51 * readFileSync(floatModel).length);
  await open(page);
  const [first] = all as [(typeof all)[number]];
  const { z } = await page.evaluate(
    async ({ text, mel }) => {
      const session = await kit.edgy.InferenceSession.create(kit.bytesOf(text));
      return kit.outputsOf(await session.run({ mel: kit.melOf(mel) }));
    },
    { text: bytes.toString('base64'), mel: { dims: first.mel.dims, values: first.mel.values } },
  );
  const there = toFloats(z as Bits);
  expect(cosine(there, [...toFloats(runNatively(file, first.mel).z as Bits)])).toBeGreaterThan(1 - 1e-9);
  expect(cosine(there, [...first.z])).toBeGreaterThan(0.99999);
});

for (const { model, minCosine, minAgreement } of [
  { model: 'edgy-256-int8', minCosine: 0.999, minAgreement: 0.93 },
  { model: 'edgy-256-sparse', minCosine: 0.999, minAgreement: 0.93 },
  { model: 'edgy-256-f32', minCosine: 0.9999999, minAgreement: 0.995 },
]) {
  test(`${model} is close to the float reference on real speech`, async ({ page, open }) => {
    await open(page);
    const results = await page.evaluate(
      async ({ mels, model }) => {
        const session = await kit.edgy.InferenceSession.create(`/models/${model}.edgy`);
        const results: Record<string, Bits>[] = [];
        for (const mel of mels) results.push(kit.outputsOf(await session.run({ mel: kit.melOf(mel) })));
        return results;
      },
      { model, mels: all.map(({ mel: { dims, values } }) => ({ dims, values })) },
    );
    const ours = { z: [] as number[], indices: [] as number[] };
    for (const result of results) {
      ours.z.push(...toFloats(result.z as Bits));
      ours.indices.push(...(result.indices as Bits).values);
    }
    const theirs = all.flatMap(({ indices }) => indices);
    expect(
      cosine(
        ours.z,
        all.flatMap(({ z }) => [...z]),
      ),
    ).toBeGreaterThanOrEqual(minCosine);
    expect(agreement(ours.indices, theirs)).toBeGreaterThanOrEqual(minAgreement);
  });
}
