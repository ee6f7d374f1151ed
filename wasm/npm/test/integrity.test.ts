/** The option `integrity` of plain sessions, with the built package under Node. Needs dist/. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Edgy from '../src/index.js';

const root = path.resolve(__dirname, '../../..');
const model = readFileSync(path.join(root, 'web-demo/models/private-8-sparse.edgy'));
const dist = path.join(root, 'wasm/npm/dist');
const wasm = 'edgy-simd.wasm';
const hash = (bytes: Uint8Array, algorithm = 'sha256') =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;
let edgy: typeof Edgy;

beforeAll(async () => {
  edgy = await import(/* @vite-ignore */ pathToFileURL(path.join(dist, 'index.js')).href);
});

const create = (integrity: Edgy.SessionOptions['integrity']) =>
  edgy.InferenceSession.create(model, { integrity }).then((session) => session.release());

describe('integrity', () => {
  it('lets in what hashes to it, in each way that Subresource Integrity writes', async () => {
    for (const algorithm of ['sha256', 'sha384', 'sha512']) await create(hash(model, algorithm));
    const published = JSON.parse(readFileSync(path.join(dist, 'integrity.json'), 'utf8')).files[wasm];
    await create({ model: hash(model), [wasm]: published.integrity });
    await create({ [wasm]: published.sha256 });
  });

  it('names what a model hashes to and what it had to', async () => {
    const other = hash(model.subarray(1));
    const refusal = create(other);
    await expect(refusal).rejects.toBeInstanceOf(edgy.EdgyError);
    await expect(refusal).rejects.toMatchObject({ code: 'integrity' });
    await expect(refusal).rejects.toThrow(`hashes to ${hash(model)}, not to ${other}`);
  });

  it('names a mismatch of JavaScript and WebAssembly, and is asked again by the next session', async () => {
    const other = hash(model, 'sha384');
    const found = hash(readFileSync(path.join(dist, wasm)), 'sha384');
    await expect(create({ [wasm]: other })).rejects.toThrow(`${wasm} hashes to ${found}, not to ${other}`);
    await expect(create({ [wasm]: other })).rejects.toThrow('JavaScript and WebAssembly have to be of one build');
    await create(undefined);
    await expect(create({ [wasm]: other })).rejects.toMatchObject({ code: 'integrity' });
  });

  it('takes nothing for a hash that is none', async () => {
    for (const text of ['', 'sha1-AAAA', hash(model).slice(7), createHash('sha256').update(model).digest('hex')])
      await expect(create(text)).rejects.toThrow('is no hash');
  });

  it('is no option of sealed sessions, whose files have the seal’s hashes', async () => {
    const { createSealedSession } = await import(/* @vite-ignore */ pathToFileURL(path.join(dist, 'sealed.js')).href);
    await expect(createSealedSession(model, { integrity: hash(model) })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

describe('files of two builds', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  /** A session of a package in which `change` was made to `file`. */
  async function createWith(file: string, change: (bytes: Buffer) => Buffer) {
    const folder = mkdtempSync(path.join(tmpdir(), 'edgy-mixed-'));
    folders.push(folder);
    cpSync(dist, folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(path.join(folder, file), change(readFileSync(path.join(folder, file))));
    const mixed: typeof Edgy = await import(/* @vite-ignore */ pathToFileURL(path.join(folder, 'index.js')).href);
    return (await mixed.InferenceSession.create(model)).release();
  }
  /** At the end of every WebAssembly file. */
  const name = () => readFileSync(path.join(dist, wasm)).subarray(-12).toString();
  const other = '0123456789ab';
  const renamed = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replaceAll(name(), other), 'latin1');

  it('are what every file of the package is not', async () => {
    expect(name()).toMatch(/^[0-9a-f]{12}$/);
    await createWith(wasm, (bytes) => bytes);
  });

  it.each([
    [wasm, 'of another build', renamed, `the WebAssembly ${other}, the script that runs it ${name()}`],
    [wasm, 'without a name', (bytes: Buffer) => bytes.subarray(0, -19), 'the WebAssembly unnamed, the script'],
    ['shared.js', 'of another build', renamed, `the page's script is ${other}`],
  ])('are named: %s, %s', async (file, _, change, words) => {
    const refusal = createWith(file, change);
    await expect(refusal).rejects.toThrow(words);
    await expect(refusal).rejects.toMatchObject({ code: 'integrity', name: 'EdgyError' });
  });
});

describe('the manifest for WAICT', () => {
  it('has the SHA-256 of every script, of the seal and of every WebAssembly file', () => {
    const manifest = JSON.parse(readFileSync(path.join(dist, 'waict.json'), 'utf8'));
    const hashes = (wanted: RegExp, form: 'base64' | 'base64url') =>
      readdirSync(dist)
        .filter((name) => wanted.test(name))
        .map((name) =>
          createHash('sha256')
            .update(readFileSync(path.join(dist, name)))
            .digest(form),
        )
        .toSorted();
    expect(manifest).toEqual({
      hashes: {},
      any_hashes: hashes(/\.(js|htm|txt|wasm)$/, 'base64'),
      wildcard_hashes: hashes(/\.(js|htm|txt|wasm)$/, 'base64url'),
      wasm_hashes: hashes(/\.wasm$/, 'base64url'),
    });
  });
});
