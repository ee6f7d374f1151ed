import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EdgyError, type Progress } from '../src/index.js';
import { checkModel, readModel, toUrl } from '../src/source.js';

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/model') response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    else if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 1000));
      setTimeout(() => response.destroy(), 20);
    } else if (request.url === '/slow') response.writeHead(200).write(bytes.subarray(0, 1000));
    else response.writeHead(404, 'Not Found').end('<html>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const read = (source: Parameters<typeof readModel>[0], options = {}) =>
  readModel(source, options).then((buffer) => new Uint8Array(buffer));

describe('readModel', () => {
  it('copies bytes, and of a view only what it shows', async () => {
    expect(await read(bytes.buffer)).toEqual(bytes);
    expect(await read(bytes.subarray(10, 20))).toEqual(bytes.slice(10, 20));
    expect((await readModel(bytes, {})) === bytes.buffer).toBe(false);
    expect(await read(new Blob([bytes]))).toEqual(bytes);
    expect(await read(new Response(bytes))).toEqual(bytes);
    expect(await read(runInNewContext('new Uint8Array([1, 2, 3]).buffer'))).toEqual(new Uint8Array([1, 2, 3]));
    expect(await read(runInNewContext('new Uint8Array([1, 2, 3]).subarray(1)'))).toEqual(new Uint8Array([2, 3]));
  });

  it('gives no total where it cannot be known: compressed, or of another origin, which hides whether it is', async () => {
    const totals = async (type: ResponseType, headers: Record<string, string>) => {
      const response = new Response(bytes, { headers: { 'content-length': '5', ...headers } });
      Object.defineProperty(response, 'type', { value: type });
      const seen = new Set<number | undefined>();
      await read(response, { onProgress: ({ total }: Progress) => seen.add(total) });
      return [...seen];
    };
    expect(await totals('basic', {})).toEqual([5]);
    expect(await totals('basic', { 'content-encoding': 'gzip' })).toEqual([undefined]);
    expect(await totals('cors', {})).toEqual([undefined]);
  });

  it('is not stopped by what onProgress throws', async () => {
    const reported: unknown[] = [];
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error));
    const onProgress = () => {
      throw new Error('of the page');
    };
    expect(await read(`${base}/model`, { onProgress })).toEqual(bytes);
    expect(reported[0]).toMatchObject({ message: 'of the page' });
    vi.unstubAllGlobals();
  });

  it('fetches with progress from 0 to all of it', async () => {
    const seen: Progress[] = [];
    expect(await read(`${base}/model`, { onProgress: (p: Progress) => seen.push(p) })).toEqual(bytes);
    expect(seen[0]).toEqual({ phase: 'model', loaded: 0, total: bytes.length });
    expect(seen.at(-1)).toEqual({ phase: 'model', loaded: bytes.length, total: bytes.length });
    expect(seen.map(({ loaded }) => loaded)).toEqual(seen.map(({ loaded }) => loaded).toSorted((a, b) => a - b));
  });

  it.each([
    ['a missing file', '/none', 'network', /\/none answered 404 Not Found\.$/],
    ['a connection that breaks', '/cut', 'network', /broke off/],
  ])('rejects %s', async (_, path, code, message) => {
    await expect(read(base + path)).rejects.toMatchObject({
      name: 'EdgyError',
      code,
      message: expect.stringMatching(message),
    });
  });

  it('takes requests, streams, shared memory, and promises of what it takes', async () => {
    expect(await read(new Request(`${base}/model`))).toEqual(bytes);
    expect(await read(fetch(`${base}/model`))).toEqual(bytes);
    expect(await read(Promise.resolve(bytes))).toEqual(bytes);
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    expect(await read(shared)).toEqual(bytes);
    const part = await readModel(new Uint8Array(shared, 10, 10), {});
    expect(part).toBeInstanceOf(ArrayBuffer);
    expect(new Uint8Array(part)).toEqual(bytes.slice(10, 20));
    const seen: Progress[] = [];
    const stream = new Blob([bytes]).stream() as ReadableStream<Uint8Array>;
    expect(await read(stream, { onProgress: (p: Progress) => seen.push(p) })).toEqual(bytes);
    expect(seen.at(-1)).toEqual({ phase: 'model', loaded: bytes.length });
  });

  it('says which of them failed', async () => {
    const rejected = Promise.reject(new TypeError('the page lost it'));
    await expect(read(rejected)).rejects.toMatchObject({ code: 'network', message: /the page lost it/ });
    const locked = new Blob([bytes]).stream() as ReadableStream<Uint8Array>;
    locked.getReader();
    await expect(read(locked)).rejects.toMatchObject({ code: 'network', message: /^The given stream .*locked/ });
    const texts = new ReadableStream({ start: (stream) => stream.enqueue('text') });
    await expect(read(texts)).rejects.toMatchObject({
      code: 'invalid-input',
      message: "The stream gave 'text', not bytes.",
    });
    await expect(read(new Request(`${base}/none`))).rejects.toMatchObject({
      code: 'network',
      message: /none answered 404/,
    });
  });

  it('rejects a response that failed, a dead server and things that are no source', async () => {
    await expect(read(new Response('', { status: 500 }))).rejects.toMatchObject({ code: 'network' });
    await expect(read('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'network' });
    await expect(read(5 as never)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(read('http://')).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('stops on abort, before and during', async () => {
    await expect(read(bytes, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    const controller = new AbortController();
    const reading = read(`${base}/slow`, {
      signal: controller.signal,
      onProgress: ({ loaded }: Progress) => {
        if (loaded > 0) controller.abort('enough');
      },
    });
    await expect(reading).rejects.toMatchObject({ name: 'AbortError', code: 'aborted', cause: 'enough' });
    await expect(reading).rejects.toBeInstanceOf(EdgyError);
  });
});

it('resolves paths against the working directory in Node', () => {
  expect(toUrl('models/a.edgy').href).toBe(`file://${process.cwd()}/models/a.edgy`);
});

describe('checkModel', () => {
  const check = (start: string, source: Parameters<typeof checkModel>[1] = new ArrayBuffer(0)) =>
    checkModel(new TextEncoder().encode(start.padEnd(64)).buffer, source);
  it.each([
    ['<!DOCTYPE html><title>App</title>', 'it is an HTML page, as servers send for addresses that they do not know.'],
    ['\n  <html>', 'it is an HTML page'],
    ['\x08\x08\x12\x07pytorch', 'it is an ONNX model. Convert it first: edgy convert MODEL.onnx -o MODEL.edgy.'],
    ['\x1c\0\0\0TFL3', 'it is a TensorFlow Lite model.'],
    ['anything else', "its bytes 4 to 7 are not 'EDGY'."],
    ['version https://git-lfs.github.com/spec/v1', 'it is a pointer of Git LFS'],
  ])('knows what %j is', async (start, message) => {
    const failure = await check(start).catch((error) => error);
    expect(failure).toMatchObject({ name: 'EdgyError', code: 'invalid-model' });
    expect(failure.message).toContain(`What was given is no .edgy model: ${message}`);
  });
  it('knows gzip, names addresses, and leaves models to the runtime', async () => {
    const gzip = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0).buffer;
    await expect(checkModel(gzip, 'http://localhost/a.edgy')).rejects.toThrow(
      'http://localhost/a.edgy is no .edgy model: it is compressed with gzip',
    );
    await expect(checkModel(gzip, new Request('http://localhost/b.edgy'))).rejects.toThrow(
      'http://localhost/b.edgy is',
    );
    await check('\0\0\0\0EDGY and so on');
    await checkModel(new ArrayBuffer(3), 'a');
  });
});
