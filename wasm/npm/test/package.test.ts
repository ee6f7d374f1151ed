/** What the tarball holds. Needs dist/. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = path.resolve(__dirname, '..');
const dist = path.join(folder, 'dist');
const read = (file: string) => readFileSync(path.join(dist, file), 'utf8');
let names: string[];

beforeAll(() => {
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: folder, encoding: 'utf8' }));
  names = packed.files.map(({ path }: { path: string }) => path);
});

describe('the tarball', () => {
  it('has the licence that package.json names, and notices', () => {
    const { license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    expect(license).toBe('Apache-2.0');
    expect(names).toEqual(expect.arrayContaining(['LICENSE', 'THIRD_PARTY.md', 'README.md']));
    expect(readFileSync(path.join(folder, 'LICENSE'), 'utf8')).toMatch(/Apache License\s+Version 2\.0/);
  });

  it('has a notice with the words of its licence for whatever was compiled in', () => {
    const notices = readFileSync(path.join(folder, 'THIRD_PARTY.md'), 'utf8');
    const listed = [...notices.matchAll(/^- \[([^\]]+)\]\(https:\/\/[^)]+\), .+: in `/gm)].map(([, name]) => name);
    expect(listed.length).toBeGreaterThan(5);
    for (const name of listed) {
      const [, words] = notices.split(`\n## ${name}\n`);
      expect(words?.split('\n## ')[0], name).toMatch(/copyright|public domain|CC0/i);
    }
    // What only a link shows, what is included, and what a script brings.
    for (const name of ['XNNPACK', 'FlatBuffers', 'libsoxr', 'wasm-feature-detect', '@huggingface/tokenizers'])
      expect(listed.join(' ')).toContain(name);
  });

  it('has every file that package.json exports', () => {
    const { exports } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const files = Object.values(exports).flatMap((entry) =>
      typeof entry === 'string' ? entry : Object.values(entry as object),
    );
    for (const file of files.map((file) => path.posix.normalize(file as string))) {
      const [before, after] = file.split('*') as [string, string?];
      const isIt = (name: string) =>
        after === undefined ? name === file : name.startsWith(before) && name.endsWith(after);
      expect(names.some(isIt), file).toBe(true);
    }
  });

  it('has public types and no others', () => {
    const types = names.filter((name) => name.endsWith('.d.ts')).map((name) => name.slice('dist/types/'.length));
    expect(types.toSorted()).toEqual([
      'engine_entry.d.ts',
      'errors/errors.d.ts',
      'index.d.ts',
      'models/index.d.ts',
      'ort/api.d.ts',
      'ort/env.d.ts',
      'ort/index.d.ts',
      'preload.d.ts',
      'seal/lockdown.d.ts',
      'seal/probes.d.ts',
      'seal/report.d.ts',
      'sealed.d.ts',
      'sealed_session.d.ts',
      'session.d.ts',
      'sound/audio_encoder.d.ts',
      'sound/encode.d.ts',
      'sound/live_resampler.d.ts',
      'tensor.d.ts',
      'text/index.d.ts',
      'text/text_embedder.d.ts',
      'text/text_metadata.d.ts',
      'types.d.ts',
    ]);
  });
});

describe('the scripts', () => {
  it.each(['worker.js', 'worker-threads.js', 'engine.js', 'sealed-engine.txt'])(
    '%s is one file: it names no other that a bundler would have to find',
    (file) => {
      const others = /\b(from|import)\s*\(?\s*["']\.[^"']*|new URL\([^)]*import\.meta\.url/.exec(read(file));
      expect(others?.[0]).toBeUndefined();
    },
  );

  it('name their workers as bundlers need it: addresses written out, a name for each', () => {
    const all = readdirSync(dist)
      .filter((name) => /^(index|shared)\.js$/.test(name))
      .map(read)
      .join('\n');
    const workers = [
      ...all.matchAll(
        /new Worker\(new URL\("\.\/([\w-]+\.js)",import\.meta\.url\),\{type:"module",name:"([\w-]+)"\}\)/g,
      ),
    ];
    expect(workers.map(([, file, name]) => [file, name])).toEqual([
      ['worker-threads.js', 'edgy-threads'],
      ['worker.js', 'edgy'],
    ]);
    // Parcel takes any string in there for the address of a file.
    expect(read('worker-threads.js')).not.toMatch(/new Worker\(\s*["'`]/);
  });
});

describe('the types', () => {
  const scratch = mkdtempSync(path.join(folder, 'dist', '.types-'));
  afterAll(() => rmSync(scratch, { recursive: true }));

  it('compile in a page of plain ES2022, libraries checked', () => {
    const use = `
      import { AudioEncoder, EdgyError, InferenceSession, Resampler, Tensor, type SessionOptions } from '../index.js';
      import { createSealedSession } from '../sealed.js';
      export async function main(sound: AudioBuffer) {
        const options: SessionOptions = { threads: 2, onProgress: ({ loaded, total }) => console.log(loaded, total ?? '?') };
        const encoder = await AudioEncoder.create('/m.edgy', options);
        const { codes } = await encoder.encode(sound);
        const session = await InferenceSession.create(new Blob([]));
        const outputs = await session.run({ x: new Tensor('float32', new Float32Array(4), [1, 4]) }, ['y']);
        const first: Tensor | undefined = outputs['y'];
        const live: Float32Array = (await Resampler.create(48000, 16000)).push(new Float32Array(1));
        const seal = await createSealedSession('/m.edgy', { level: 'high' });
        try { await seal.encode(sound); } catch (error) { if (error instanceof EdgyError && error.code === 'refused') console.log(error); }
        return [codes?.[0], first?.data, live];
      }`;
    writeFileSync(path.join(scratch, 'use.ts'), use.replaceAll("'../", "'../types/"));
    writeFileSync(
      path.join(scratch, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          module: 'esnext',
          moduleResolution: 'bundler',
          target: 'es2022',
          lib: ['es2022', 'dom', 'dom.iterable'],
          types: [],
          skipLibCheck: false,
        },
        files: ['use.ts'],
      }),
    );
    const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
    const compile = () =>
      execFileSync(process.execPath, [path.join(path.dirname(manifest), bin.tsc), '-p', scratch], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    expect(compile).not.toThrow();
  });
});
