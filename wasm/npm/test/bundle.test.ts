/** `edgy bundle`: the parts it is made of, and what it makes of a model. Needs dist/, bundle/ and build/models. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../../../tests/lib/bundled.mjs';
import { deadData, reachable } from '../bin/bundle/reachable.mjs';
import { readSections, writeSections } from '../bin/bundle/wasm_bytes.mjs';
import { qualifiedName } from '../scripts/features.mjs';

const root = path.resolve(__dirname, '../../..');
const dist = path.join(root, 'wasm/npm/dist');
const command = path.join(root, 'wasm/npm/bin/edgy.mjs');
const model = (name: string) => path.join(root, 'build/models', name);

/** What the runtime with the loader may weigh after the cut, in bytes of brotli, for the model that the page ships. */
const kLimitBytes = { simd: 112_000, relaxed: 116_000 };

interface Outcome {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
  readonly typed?: boolean;
}
/** What bundle_session.mjs prints. */
interface Seen {
  readonly runs: readonly Outcome[];
  readonly recordings: readonly Outcome[];
  readonly wrongInput: Outcome;
  readonly wrongFile: Outcome;
  readonly damaged: Outcome;
  readonly other: Outcome;
  readonly otherForm: Outcome;
  readonly after: Outcome;
}

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

/** Models and, for each, one that its runtime refuses. Others than the first take EDGY_BUNDLE_ALL, as each costs most of a minute. */
const kBundles = [
  { name: 'edgy-256-sparse.edgy', other: 'edgy-256-f32.edgy', needs: 'sparse kernels', not: 'convolution in float32' },
  { name: 'edgy-256-f32.edgy', other: 'edgy-256-int8.edgy', needs: 'convolution in float32', not: 'sparse kernels' },
  { name: 'edgy-256-int8.edgy', other: 'edgy-256-f32.edgy', needs: 'convolution in int8', not: 'sparse weights' },
];

describe.each(process.env['EDGY_BUNDLE_ALL'] ? kBundles : kBundles.slice(0, 1))('a bundle for $name', (bundle) => {
  const { name, other, needs, not } = bundle;
  let folder: string;
  let printed: string;
  let cut: Seen;
  let whole: Seen;

  beforeAll(() => {
    ({ folder, printed } = bundled(name));
    const seenOf = (built: string): Seen =>
      JSON.parse(
        execFileSync(process.execPath, [path.join(__dirname, 'bundle_session.mjs'), built, model(name), model(other)], {
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        }),
      );
    cut = seenOf(folder);
    whole = seenOf(dist);
  }, 600_000);

  it('says what the model needs, and bytes before and after', () => {
    expect(printed).toContain(needs);
    expect(printed).toContain('edgy-relaxed-threads.wasm is whole');
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

  it('gives the bits of the whole runtime, at several lengths, and its words where a length does not do', () => {
    expect(cut.runs.filter(({ value }) => value).length).toBeGreaterThanOrEqual(3);
    expect(cut.recordings.filter(({ value }) => value).length).toBeGreaterThanOrEqual(3);
    expect(cut.runs).toEqual(whole.runs);
    expect(cut.recordings).toEqual(whole.recordings);
  });

  it('refuses a model that needs more, and says what; the next session is none the worse', () => {
    expect(whole.other).toEqual({ value: 'runs' });
    expect(cut.other).toMatchObject({ code: 'unsupported-model', typed: true });
    expect(cut.other.message).toContain(`to what ${name} needs`);
    const { without } = JSON.parse(readFileSync(path.join(folder, 'bundle.json'), 'utf8'));
    expect(without.some((part: string) => cut.other.message?.includes(`${part} is not in it`))).toBe(true);
    expect(cut.after).toEqual({ value: 'runs' });
  });

  it('refuses what was not asked of it when it was cut: kernels by name', () => {
    if (cut.otherForm.code === undefined) expect(cut.otherForm).toEqual(whole.otherForm);
    else expect(cut.otherForm).toMatchObject({ code: 'unsupported-model', typed: true });
  });

  it('still says what is wrong with a file, and with an input', () => {
    expect(cut.wrongFile).toMatchObject({ code: 'invalid-model', typed: true });
    expect(cut.damaged).toMatchObject({ code: 'invalid-model', typed: true });
    expect(cut.wrongInput).toMatchObject({ code: 'invalid-input', typed: true });
    for (const part of ['wrongFile', 'damaged', 'wrongInput'] as const) expect(cut[part]).toEqual(whole[part]);
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
