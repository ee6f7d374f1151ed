/** The entry edgy/models, beside a server that counts and a Cache Storage that remembers. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EdgyError, type Progress } from '../src/index.js';
import { fetchModel, forgetModels } from '../src/models/index.js';

const first = Buffer.from('the first model '.repeat(5000));
const second = Buffer.from('the second model '.repeat(5000));
let content = first;
let asked: string[] = [];
let closed = 0;
let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.on('close', () => closed++);
    if (request.url === '/none') response.writeHead(404, 'Not Found').end();
    else if (request.url === '/slow') response.writeHead(200).write(content.subarray(0, 100));
    else response.writeHead(200, { 'content-length': content.length }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** As much of Cache Storage as is used. */
const stored = new Map<string, Map<string, Response>>();
beforeEach(() => {
  content = first;
  asked = [];
  closed = 0;
  stored.clear();
  vi.stubGlobal('caches', {
    delete: async (name: string) => stored.delete(name),
    open: async (name: string) => {
      const entries = stored.get(name) ?? new Map<string, Response>();
      stored.set(name, entries);
      return {
        match: async (url: string) => entries.get(url)?.clone(),
        put: async (url: string, response: Response) => void entries.set(url, response),
      };
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

const text = (bytes: ArrayBuffer) => Buffer.from(bytes).toString();
const hashOf = (bytes: Buffer, algorithm = 'sha256') =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;

describe('fetchModel', () => {
  it('fetches once for all who ask at the same time, and tells each how far it is', async () => {
    const news: Progress[][] = [[], []];
    const both = await Promise.all(
      news.map((list) => fetchModel(`${base}/m`, { onProgress: (progress) => list.push(progress) })),
    );
    expect(both.map(text)).toEqual([first, first].map(String));
    expect(asked).toEqual(['/m']);
    const total = first.length;
    for (const list of news) expect(list.at(-1)).toEqual({ phase: 'model', loaded: total, total });
    await fetchModel(`${base}/m`);
    expect(asked).toEqual(['/m', '/m']);
  });

  it('keeps what it fetched, until it is told another hash or to forget', async () => {
    const options = (bytes: Buffer) => ({ cache: 'a', integrity: hashOf(bytes, 'sha384') });
    await fetchModel(`${base}/m`, options(first));
    expect(text(await fetchModel(`${base}/m`, options(first)))).toBe(String(first));
    expect(asked).toHaveLength(1);
    content = second;
    expect(text(await fetchModel(`${base}/m`, { cache: 'a' }))).toBe(String(first));
    expect(text(await fetchModel(`${base}/m`, options(second)))).toBe(String(second));
    expect(asked).toHaveLength(2);
    expect(text(await fetchModel(`${base}/m`, { cache: 'a' }))).toBe(String(second));
    await forgetModels('a');
    await fetchModel(`${base}/m`, options(second));
    expect(asked).toHaveLength(3);
  });

  it('hands out nothing with another hash, and keeps none of it', async () => {
    const wrong = fetchModel(`${base}/m`, { cache: 'a', integrity: hashOf(second) });
    await expect(wrong).rejects.toMatchObject({ name: 'EdgyError', code: 'network' });
    await expect(wrong).rejects.toThrow(`it hashes to ${hashOf(first)}`);
    expect(stored.get('a')?.size).toBe(0);
  });

  it('works where nothing can be kept', async () => {
    vi.stubGlobal('caches', { open: () => Promise.reject(new DOMException('no', 'SecurityError')) });
    expect(text(await fetchModel(`${base}/m`, { cache: 'a' }))).toBe(String(first));
    vi.stubGlobal('caches', {
      open: async () => ({ match: async () => undefined, put: () => Promise.reject(new Error('full')) }),
    });
    expect(text(await fetchModel(`${base}/m`, { cache: 'a' }))).toBe(String(first));
    vi.stubGlobal('caches', undefined);
    expect(text(await fetchModel(`${base}/m`, { cache: 'a' }))).toBe(String(first));
  });

  it('ends the download when nobody waits for it any more, not before', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const calls = [one, two].map(({ signal }) => fetchModel(`${base}/slow`, { signal }));
    await vi.waitFor(() => expect(asked).toEqual(['/slow']));
    one.abort('enough');
    await expect(calls[0]).rejects.toMatchObject({ name: 'AbortError', code: 'aborted', cause: 'enough' });
    expect(closed).toBe(0);
    two.abort();
    await expect(calls[1]).rejects.toBeInstanceOf(EdgyError);
    // One that comes right after does not get the end of the others'.
    const three = new AbortController();
    const third = fetchModel(`${base}/slow`, { signal: three.signal });
    await vi.waitFor(() => expect(asked).toEqual(['/slow', '/slow']));
    await vi.waitFor(() => expect(closed).toBe(1));
    three.abort('later');
    await expect(third).rejects.toMatchObject({ cause: 'later' });
  });

  it.each([
    ['/none', {}, 'network', /\/none answered 404 Not Found\.$/],
    ['/m', { integrity: 'md5-abc' }, 'invalid-argument', /^integrity is 'md5-abc'/],
    ['/m', { cash: 'a' }, 'invalid-argument', /'cash' is no option of fetchModel/],
    ['/m', { signal: AbortSignal.abort() }, 'aborted', /./],
  ])('rejects with what is wrong: %s %j', async (path, options, code, message) => {
    const failure = await fetchModel(base + path, options as object).catch((error) => error);
    expect(failure).toBeInstanceOf(EdgyError);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is not stopped by what onProgress throws', async () => {
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    const onProgress = () => {
      throw new Error('of the page');
    };
    expect(text(await fetchModel(`${base}/m`, { onProgress }))).toBe(String(first));
    expect(reported).toHaveBeenCalled();
  });
});
