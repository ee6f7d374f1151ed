/**
 * Programs written for onnxruntime-web, with one import changed: they compile, and give onnxruntime-web's answers. Needs dist/,
 * build/models and the converter.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeModels } from './models.js';

const folder = path.resolve(__dirname, '../..');
const apps = path.join(__dirname, 'apps');
// Within the package, so that 'edgy/ort' is what package.json exports.
const scratch = mkdtempSync(path.join(folder, 'dist', '.apps-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const peers = { 'onnxruntime-web': 'theirs', 'edgy/ort': 'ours' } as const;
const programs = readdirSync(apps).filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'));

beforeAll(() => {
  for (const [peer, name] of Object.entries(peers)) {
    const to = path.join(scratch, name);
    mkdirSync(to);
    for (const program of programs) {
      const text = readFileSync(path.join(apps, program), 'utf8');
      expect(text.split("'onnxruntime-web'")).toHaveLength(2);
      writeFileSync(path.join(to, program), text.replace("'onnxruntime-web'", `'${peer}'`));
    }
    cpSync(path.join(apps, 'react.d.ts'), path.join(to, 'react.d.ts'));
    const compilerOptions = {
      strict: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      module: 'esnext',
      moduleResolution: 'bundler',
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      skipLibCheck: false,
    };
    writeFileSync(path.join(to, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }));
  }
});

describe('with one import changed', () => {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = path.join(path.dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.tsc);

  it.each(Object.entries(peers))('programs compile, libraries checked: %s', (_, name) => {
    const compile = () => {
      try {
        execFileSync(process.execPath, [tsc, '-p', path.join(scratch, name)], { encoding: 'utf8', stdio: 'pipe' });
      } catch (error) {
        throw new Error((error as { stdout: string }).stdout);
      }
    };
    expect(compile).not.toThrow();
  });

  const run = async (peer: string, app: string, ...input: unknown[]) => {
    const name = peers[peer as keyof typeof peers];
    const { code } = await transform(readFileSync(path.join(scratch, name, `${app}.ts`), 'utf8'), { loader: 'ts' });
    const file = path.join(scratch, name, `${app}.mjs`);
    writeFileSync(file, code);
    const { main } = await import(/* @vite-ignore */ pathToFileURL(file).href);
    return (await main(...input)) as number[];
  };

  it.each(['vad', 'classifier', 'embedding', 'codes'])('%s gives the answers of onnxruntime-web', async (app) => {
    const models = makeModels(app, scratch);
    const more = app === 'classifier' ? [picture(16, 16)] : [];
    const theirs = await run('onnxruntime-web', app, models.onnx, ...more);
    const ours = await run('edgy/ort', app, models.edgy, ...more);
    expect(ours).toHaveLength(theirs.length);
    expect(new Set(theirs).size).toBeGreaterThan(4);
    for (const [at, value] of theirs.entries()) {
      if (app === 'codes') expect(ours[at]).toBe(value);
      else expect(Math.abs((ours[at] ?? Number.NaN) - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    }
  });
});

/** A page's ImageData: Node has none. */
function picture(width: number, height: number): unknown {
  class ImageData {
    readonly data = Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) =>
      i % 4 === 3 ? 255 : (i * 37) % 256,
    );
    readonly width = width;
    readonly height = height;
    readonly [Symbol.toStringTag] = 'ImageData';
  }
  (globalThis as { ImageData?: unknown }).ImageData = ImageData;
  return new ImageData();
}
