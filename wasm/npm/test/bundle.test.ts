/** `edgy bundle`: the parts it is made of, and what it makes of two models. Needs dist/, bundle/ and build/models. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadData, reachable } from '../bin/bundle/reachable.mjs';
import { readSections, writeSections } from '../bin/bundle/wasm_bytes.mjs';
import { qualifiedName } from '../scripts/features.mjs';
import type * as Edgy from '../src/index.js';

const root = path.resolve(__dirname, '../../..');
const dist = path.join(root, 'wasm/npm/dist');
const command = path.join(root, 'wasm/npm/bin/edgy.mjs');
const model = (name: string) => path.join(root, 'build/models', name);

/** What the runtime with the loader may weigh after the cut, in bytes of brotli, for the model that the page ships. */
const kLimitBytes = { simd: 112_000, relaxed: 116_000 };

describe('the parts', () => {
  it.each(['simd', 'relaxed', 'relaxed-threads'])(
    'sections of edgy-%s.wasm are written as they were read',
    (variant) => {
      const bytes = readFileSync(path.join(dist, `edgy-${variant}.wasm`));
      expect(Buffer.compare(writeSections(readSections(bytes)), bytes)).toBe(0);
    },
  );

  it('names are read out of mangled ones', () => {
    expect(qualifiedName('_ZN4edgy7kernels5unaryENS0_2OpEPKf')).toBe('edgy::kernels::unary');
    expect(qualifiedName('_ZN4edgy7kernels12PackedWeightC2Ev')).toBe('edgy::kernels::PackedWeight::new');
    expect(qualifiedName('main')).toBe('');
  });

  it('what a cut function alone refers to is reached no more, and data only where nothing else lies over it', () => {
    // Functions 0 to 3, of which 1 is cut; data 4 (in 5) and 5.
    const graph = {
      functions: 4,
      data: [
        [0, 4, 4],
        [0, 0, 12],
      ],
      edges: [[1, 2], [3, 5], [4], [], [], []],
      roots: [0],
    };
    const reached = reachable(graph as never, new Set([1]));
    expect([...reached]).toEqual([1, 1, 1, 0, 1, 0]);
    expect(deadData(graph as never, reached)).toEqual([
      [0, 0, 4],
      [0, 8, 12],
    ]);
  });
});

describe.each([
  { name: 'edgy-256-sparse.edgy', other: 'edgy-256-f32.edgy', needs: 'sparse kernels', not: 'convolution in float32' },
  { name: 'edgy-256-f32.edgy', other: 'edgy-256-int8.edgy', needs: 'convolution in float32', not: 'sparse kernels' },
])('a bundle for $name', ({ name, other, needs, not }) => {
  let folder: string;
  let printed: string;
  let cut: typeof Edgy;
  let whole: typeof Edgy;

  beforeAll(async () => {
    const parent = path.join(root, 'build/test-bundle');
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(path.join(parent, 'made-'));
    printed = execFileSync(process.execPath, [command, 'bundle', model(name), '-o', folder], { encoding: 'utf8' });
    [cut, whole] = await Promise.all(
      [folder, dist].map((from) => import(/* @vite-ignore */ pathToFileURL(path.join(from, 'index.js')).href)),
    );
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('says what the model needs, and bytes before and after', () => {
    expect(printed).toContain(needs);
    const { needs: needed, without, sizes } = JSON.parse(readFileSync(path.join(folder, 'bundle.json'), 'utf8'));
    expect(needed).toContain(needs);
    expect(without).toContain(not);
    for (const variant of ['simd', 'relaxed']) {
      expect(printed).toContain(`edgy-${variant}.wasm`);
      expect(sizes[variant].after.brotli).toBeLessThan(sizes[variant].before.brotli);
    }
    if (name === 'edgy-256-sparse.edgy')
      for (const variant of ['simd', 'relaxed'] as const)
        expect(sizes[variant].after.brotli).toBeLessThanOrEqual(kLimitBytes[variant]);
  });

  it('gives the bits of the whole runtime, at several lengths', async () => {
    const bytes = readFileSync(model(name));
    const outputs = async ({ InferenceSession, AudioEncoder, Tensor }: typeof Edgy) => {
      const session = await InferenceSession.create(bytes);
      const seen: unknown[] = [];
      for (const frames of [5, 30, 61, 257]) {
        const data = Float32Array.from({ length: 80 * frames }, (_, i) => Math.sin(i * 12.9898) / 2 + 0.5);
        const results = await session.run({ mel: new Tensor('float32', data, [1, 80, frames]) });
        seen.push(
          Object.entries(results).map(([key, { dims, data: values }]) => [
            key,
            dims,
            Array.from(values as Float32Array),
          ]),
        );
      }
      await session.release();
      const encoder = await AudioEncoder.create(bytes);
      for (const samples of [4_000, 16_000, 50_001])
        seen.push(
          (await encoder.encode(Float32Array.from({ length: samples }, (_, i) => Math.sin(i / 7) * Math.sin(i / 900))))
            .codes,
        );
      await encoder.release();
      return seen;
    };
    expect(await outputs(cut)).toEqual(await outputs(whole));
  });

  it('refuses a model that needs more, and says what', async () => {
    const refusal = await cut.InferenceSession.create(readFileSync(model(other))).then(
      () => undefined,
      (error) => error,
    );
    expect(refusal).toBeInstanceOf(cut.EdgyError);
    expect(refusal.code).toBe('unsupported-model');
    expect(refusal.message).toContain(name);
    expect(refusal.message).toMatch(/edgy bundle.*is not in it/);
  });

  it('still says what is wrong with a file, and with an input', async () => {
    await expect(cut.InferenceSession.create(new Uint8Array(100))).rejects.toMatchObject({ code: 'invalid-model' });
    const session = await cut.InferenceSession.create(readFileSync(model(name)));
    const wrong = { mel: new cut.Tensor('float32', new Float32Array(30 * 79), [1, 79, 30]) };
    await expect(session.run(wrong)).rejects.toMatchObject({ code: 'invalid-input' });
    await session.release();
  });

  it('has hashes that fit its files', () => {
    const { files } = JSON.parse(readFileSync(path.join(folder, 'integrity.json'), 'utf8'));
    expect(Object.keys(files)).toEqual(expect.arrayContaining(['index.js', 'seal.htm', 'edgy-relaxed.wasm']));
    for (const [file, { sha256 }] of Object.entries(files) as [string, { sha256: string }][])
      expect(
        `sha256-${createHash('sha256')
          .update(readFileSync(path.join(folder, file)))
          .digest('base64')}`,
      ).toBe(sha256);
    const inside = readFileSync(path.join(folder, 'sealed.js'), 'utf8');
    expect(inside).toContain(files['seal.htm'].sha256);
    for (const file of [
      'index.js',
      'shared.js',
      'worker.js',
      'engine.js',
      'sealed.js',
      'sealed-engine.txt',
      'seal.htm',
    ])
      expect(readFileSync(path.join(folder, file), 'utf8')).not.toMatch(/EDGY_[A-Z_]+/);
  });
});

describe('what cannot be bundled', () => {
  const failing = (...words: string[]) => {
    try {
      execFileSync(process.execPath, [command, 'bundle', ...words], { stdio: 'pipe' });
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr);
    }
    return 'it went well';
  };
  it('is said in words', () => {
    const parent = path.join(root, 'build/test-bundle');
    mkdirSync(parent, { recursive: true });
    const to = mkdtempSync(path.join(parent, 'refused-'));
    const page = path.join(to, 'page.edgy');
    writeFileSync(page, '<!doctype html>');
    expect(failing()).toContain('bundle needs a model');
    expect(failing(model('edgy-256-int8.edgy'))).toContain('bundle needs a folder: -o DIR');
    expect(failing('--fast')).toContain("'--fast' is no option of bundle");
    expect(failing('none.edgy', '-o', to)).toContain('none.edgy cannot be read');
    expect(failing(page, '-o', to)).toContain('page.edgy');
    rmSync(to, { recursive: true });
  });
});
