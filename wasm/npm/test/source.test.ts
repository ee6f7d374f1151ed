import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../src/index.js';
import { readModel, toUrl } from '../src/source.js';

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
    await expect(reading).rejects.toMatchObject({ code: 'aborted', cause: 'enough' });
  });
});

it('resolves paths against the working directory in Node', () => {
  expect(toUrl('models/a.edgy').href).toBe(`file://${process.cwd()}/models/a.edgy`);
});
