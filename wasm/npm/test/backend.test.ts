import { afterEach, describe, expect, it, vi } from 'vitest';
import { WorkerBackend } from '../src/worker/backend.js';
import type { Answer, Call } from '../src/worker/protocol.js';

/** Stands in for the browser's worker: the test answers by hand. */
class FakeWorker {
  static last: FakeWorker;
  onmessage: ((event: { data: Answer }) => void) | undefined;
  onmessageerror: (() => void) | undefined;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | undefined;
  calls: Call[] = [];
  terminated = false;
  constructor() {
    FakeWorker.last = this;
  }
  postMessage(call: Call, transfer: Transferable[]): void {
    this.calls.push(structuredClone(call, { transfer: transfer as never }));
  }
  terminate(): void {
    this.terminated = true;
  }
  crash(message: string): void {
    this.onerror?.({ message, preventDefault: () => {} });
  }
}

const start = () => {
  vi.stubGlobal('Worker', FakeWorker);
  return new WorkerBackend(undefined);
};
const memory = { model: 1, packed: 2, arena: 3, wasm: 4 };

afterEach(() => vi.unstubAllGlobals());

describe('WorkerBackend', () => {
  it('matches answers to calls in any order', async () => {
    const backend = start();
    const [first, second] = [backend.call('memory', null, []), backend.call('profile', null, [])];
    FakeWorker.last.onmessage?.({ data: { id: 2, outcome: { ok: true, value: [] } } });
    FakeWorker.last.onmessage?.({ data: { id: 1, outcome: { ok: true, value: memory } } });
    expect(await first).toEqual(memory);
    expect(await second).toEqual([]);
  });

  it('turns failures into EdgyErrors', async () => {
    const backend = start();
    const call = backend.call('memory', null, []);
    FakeWorker.last.onmessage?.({ data: { id: 1, outcome: { ok: false, code: 'out-of-memory', message: 'full' } } });
    await expect(call).rejects.toMatchObject({ name: 'EdgyError', code: 'out-of-memory', message: 'full' });
  });

  it('rejects everything pending, and everything after, when the worker crashes', async () => {
    const backend = start();
    const answered = backend.call('memory', null, []);
    FakeWorker.last.onmessage?.({ data: { id: 1, outcome: { ok: true, value: memory } } });
    await answered;
    const pending = [backend.call('memory', null, []), backend.call('profile', null, [])];
    FakeWorker.last.crash('boom');
    for (const call of pending)
      await expect(call).rejects.toMatchObject({ code: 'internal', message: 'The worker crashed: boom' });
    await expect(backend.call('memory', null, [])).rejects.toMatchObject({ code: 'internal' });
    expect(FakeWorker.last.terminated).toBe(true);
  });

  it.each([
    [new Response('', { status: 404, statusText: 'Not Found' }), 'Its server answers 404 Not Found.'],
    [new Response('<html>', { headers: { 'content-type': 'text/html' } }), 'the media type text/html instead of'],
    [new Response('', { headers: { 'content-type': 'text/javascript' } }), 'Content-Security-Policy'],
    [new TypeError('Failed to fetch'), 'It could not be fetched: Failed to fetch.'],
  ])('says of a worker that never answered what is at its address: %#', async (answer, message) => {
    vi.stubGlobal('fetch', async () => {
      if (answer instanceof Error) throw answer;
      return answer;
    });
    vi.stubGlobal('Worker', FakeWorker);
    const backend = new WorkerBackend(new URL('http://localhost/there/worker.js'));
    const call = backend.call('memory', null, []);
    FakeWorker.last.crash('');
    const error = await call.catch((error) => error);
    expect(error).toMatchObject({ name: 'EdgyError', code: 'network' });
    expect(error.message).toContain('http://localhost/there/worker.js');
    expect(error.message).toContain(message);
    expect(error.message).toContain('name it in wasmPaths');
    expect(FakeWorker.last.terminated).toBe(true);
  });

  it('names the two workers differently: webpack takes the name for a file', () => {
    const names: (string | undefined)[] = [];
    vi.stubGlobal(
      'Worker',
      class extends FakeWorker {
        constructor(_url: URL, { name }: WorkerOptions) {
          super();
          names.push(name);
        }
      },
    );
    new WorkerBackend(undefined, 1);
    new WorkerBackend(undefined, 2);
    expect(new Set(names).size).toBe(2);
  });

  it('rejects what cannot be cloned, and stays usable', async () => {
    const backend = start();
    const bad = { feeds: [{ type: 'int8', dims: [1], data: (() => 1) as never }], fetches: [] } as const;
    await expect(backend.call('run', bad, [])).rejects.toMatchObject({ code: 'invalid-input' });
    const call = backend.call('memory', null, []);
    FakeWorker.last.onmessage?.({ data: { id: 2, outcome: { ok: true, value: memory } } });
    expect(await call).toEqual(memory);
  });

  it('explains a worker that the browser refuses', async () => {
    vi.stubGlobal(
      'Worker',
      class {
        constructor() {
          throw new DOMException('cross-origin', 'SecurityError');
        }
      },
    );
    vi.stubGlobal('location', { origin: 'http://localhost', href: 'http://localhost/' });
    const refusal = (url: string) => new WorkerBackend(new URL(url)).call('memory', null, []).catch((error) => error);
    const elsewhere = await refusal('http://elsewhere/worker.js');
    expect(elsewhere).toMatchObject({ name: 'EdgyError', code: 'network', cause: { name: 'SecurityError' } });
    expect(elsewhere.message).toContain(
      "http://elsewhere/worker.js could not be started: cross-origin A worker must come from the page's own origin",
    );
    expect((await refusal('http://localhost/worker.js')).message).toContain('Content-Security-Policy');
  });
});
