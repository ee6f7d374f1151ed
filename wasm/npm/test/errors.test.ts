/** What a developer reads: errors of options, files and addresses, before any model is loaded. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRuntime, movedTo } from '../src/engine/runtime_files.js';
import { unknownName } from '../src/errors/trouble.js';
import { EdgyError, InferenceSession, Resampler, type SessionOptions } from '../src/index.js';
import { readModel } from '../src/source.js';

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: EdgyError) => error,
  );
const model = new Uint8Array(100);
const created = (options: unknown) => failure(InferenceSession.create(model, options as SessionOptions));

describe('options', () => {
  it.each([
    [{ onprogress: () => {} }, "'onprogress' is no option of a session. Did you mean onProgress?"],
    [{ Threads: 2 }, 'Did you mean threads?'],
    [{ memoryLimt: 2 }, 'Did you mean memoryLimit?'],
    [{ executionProviders: ['wasm'] }, "It is onnxruntime's; the entry 'edgy/ort' takes its options."],
    [{ qqqqqqqqqq: 1 }, "'qqqqqqqqqq' is no option of a session. There are: onProgress, signal,"],
    ['wasm', "not 'wasm'"],
    [[1], 'not an array of 1 elements'],
    [{ wasmPaths: '/edgy' }, "a prefix ends in '/'"],
    [{ memoryLimit: 'x' }, 'memoryLimit is x'],
    [{ variant: 'fast' }, "variant 'fast' does not exist"],
  ])('that are none are named: %j', async (options, message) => {
    const error = await created(options);
    expect(error).toBeInstanceOf(EdgyError);
    expect(error).toMatchObject({ name: 'EdgyError', code: 'invalid-argument' });
    expect(error?.message).toContain(message);
  });

  it('may be null, and then the model is what is wrong', async () => {
    const paths = { 'edgy-simd.wasm': 'data:application/wasm;base64,AGFzbQEAAAA=' };
    expect(await failure(InferenceSession.create(model, { wasmPaths: paths }))).toMatchObject({
      code: 'invalid-model',
    });
    expect((await created(null))?.code).toMatch(/network|invalid-model/); // without dist/ there is no runtime
  });

  it('are named for a Resampler, too', async () => {
    const error = await failure(Resampler.create(48000, 16000, { wasmpaths: '/' } as never));
    expect(error?.message).toContain('Did you mean wasmPaths?');
  });

  it('suggest nothing far-fetched, and stay short', () => {
    expect(unknownName('abc', ['signal', 'threads'], 'option')).toBe("'abc' is no option. There are: signal, threads.");
    expect(unknownName('x'.repeat(1e6), ['signal'], 'option').length).toBeLessThan(200);
  });
});

it('makes an aborted call recognizable as any AbortError', async () => {
  const error = await created({ signal: AbortSignal.abort('enough') });
  expect(error).toBeInstanceOf(EdgyError);
  expect(error).toMatchObject({ name: 'AbortError', code: 'aborted', cause: 'enough' });
});

it('says it in messages that have an end', async () => {
  const address = `http://127.0.0.1:1/${'x'.repeat(1e6)}`;
  const error = await failure(readModel(address, {}));
  expect(error).toMatchObject({ name: 'EdgyError', code: 'network' });
  expect(error?.message.length).toBeLessThan(3000);
});

it('lets nothing but EdgyErrors out', async () => {
  const detached = new Uint8Array(8);
  structuredClone(detached, { transfer: [detached.buffer] });
  const throws = {
    get variant(): never {
      throw new TypeError('of a getter');
    },
  };
  for (const work of [created(throws), failure(InferenceSession.create(detached))])
    expect(await work).toBeInstanceOf(EdgyError);
  expect(await created(throws)).toMatchObject({
    code: 'internal',
    message: 'of a getter',
    cause: expect.any(TypeError),
  });
});

describe('wasmPaths', () => {
  it('is a prefix, or an address for each file', () => {
    expect(movedTo('worker.js', 'http://localhost/a/')?.href).toBe('http://localhost/a/worker.js');
    expect(movedTo('worker.js', new URL('http://localhost/a/?v=1'))?.href).toBe('http://localhost/a/worker.js');
    expect(movedTo('worker.js', { 'edgy-simd.wasm': '/b.wasm' })).toBeUndefined();
    expect(() => movedTo('worker.js', 'http://localhost/a')).toThrow(
      "wasmPaths is 'http://localhost/a': a prefix ends in '/'.",
    );
  });
});

describe('a WebAssembly file', () => {
  const empty = Buffer.from('AGFzbQEAAAA=', 'base64');
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const [type, body] =
        request.url === '/charset/edgy-simd.wasm'
          ? ['application/wasm; charset=utf-8', empty]
          : request.url === '/plain/edgy-simd.wasm'
            ? ['application/octet-stream', empty]
            : request.url === '/page/edgy-simd.wasm'
              ? ['text/html', '<!doctype html>']
              : [];
      if (type) response.writeHead(200, { 'content-type': type }).end(body);
      else response.writeHead(404, 'Not Found').end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  const load = (folder: string) => loadRuntime('simd', `${base}/${folder}/`);

  it('is taken with parameters of its media type, and with another type', async () => {
    expect((await load('charset')).module).toBeInstanceOf(WebAssembly.Module);
    expect((await load('plain')).module).toBeInstanceOf(WebAssembly.Module);
  });

  it('that is something else, or not there, is named with what its server says and what to do', async () => {
    const page = await failure(load('page'));
    expect(page).toMatchObject({ name: 'EdgyError', code: 'network' });
    for (const part of [`${base}/page/edgy-simd.wasm`, '200', 'text/html', 'wasmPaths', 'npx edgy assets'])
      expect(page?.message).toContain(part);
    const missing = await failure(load('none'));
    expect(missing).toMatchObject({ name: 'EdgyError', code: 'network' });
    for (const part of [`${base}/none/edgy-simd.wasm answered 404 Not Found.`, 'wasmPaths', 'npx edgy assets'])
      expect(missing?.message).toContain(part);
  });
});
