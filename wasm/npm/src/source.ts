/** Fetching: the bytes of a model from wherever the caller has it. */
import { tell } from './callbacks.js';
import { abortedError, EdgyError, messageOf, throwIfAborted } from './errors/errors.js';
import { explained } from './errors/explain.js';
import { kindOf } from './realm.js';
import { shown } from './tensor.js';
import type { ModelSource, Progress } from './types.js';

interface LoadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The model's bytes in a buffer that is ours to give away. */
export async function readModel(given: ModelSource, options: LoadOptions): Promise<ArrayBuffer> {
  throwIfAborted(options.signal);
  const source = isPromise(given) ? await settled(given) : given;
  if (typeof source === 'string') return readUrl(source, options);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice().buffer as ArrayBuffer;
  }
  switch (kindOf(source)) {
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return new Uint8Array(source as ArrayBuffer).slice().buffer;
    case 'Blob':
    case 'File':
      return broken('The given file', options.signal, () => (source as Blob).arrayBuffer());
    case 'ReadableStream':
      return broken('The given stream', options.signal, () =>
        collect(source as ReadableStream<Uint8Array>, undefined, options),
      );
    case 'Request':
      return readResponse(await fetchOk(source as Request, options.signal), (source as Request).url, options);
    case 'Response': {
      const response = source as Response;
      return readResponse(response, response.url || 'the given response', options);
    }
    case 'URL':
      return readUrl(String(source), options);
  }
  throw new EdgyError(
    'invalid-argument',
    `A model is given by its URL, or as an ArrayBuffer, a typed array, a Blob, a Response, a Request or a ReadableStream, not as ${shown(source)}.`,
  );
}

function isPromise(value: unknown): value is PromiseLike<Exclude<ModelSource, PromiseLike<unknown>>> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

/** What a caller's promise gives. */
async function settled<T>(given: PromiseLike<T>): Promise<T> {
  try {
    return await given;
  } catch (error) {
    throw new EdgyError('network', `The model did not come: ${messageOf(error)}`, { cause: error });
  }
}

/** Throws `invalid-model` when `bytes` are plainly something else, with what they are and where they came from. */
export async function checkModel(bytes: ArrayBuffer, source: ModelSource): Promise<void> {
  const head = new Uint8Array(bytes, 0, Math.min(bytes.byteLength, 512));
  if (head.length < 8 || String.fromCharCode(...head.subarray(4, 8)) === 'EDGY') return; // the runtime reads on
  const name = `${nameOf(source)} is no .edgy model`;
  throw await explained('invalid-model', `${name}.`, ({ whatIs }) => `${name}: ${whatIs(head)}`);
}

/** Rejects with `integrity` unless `bytes` hash to `expected`, if that is given. */
export async function checkHash(bytes: BufferSource, expected: string | undefined, name: string): Promise<void> {
  if (expected === undefined) return;
  const { whyNotIntact } = await import('./errors/trouble.js');
  const why = await whyNotIntact(bytes, expected, name);
  if (why) throw new EdgyError('integrity', why);
}

export function nameOf(source: ModelSource): string {
  if (typeof source === 'string' || kindOf(source) === 'URL')
    return String(toUrl(source as string | URL)).slice(0, 500);
  return (source as { url?: string }).url?.slice(0, 500) || 'What was given';
}

/** `location` as an absolute URL; a plain path is relative to the page, or in Node to the working directory. */
export function toUrl(location: string | URL): URL {
  if (location instanceof URL) return location;
  const base = globalThis.document?.baseURI ?? globalThis.location?.href ?? workingDirectory();
  try {
    return new URL(location, base);
  } catch (error) {
    throw new EdgyError('invalid-argument', `'${location}' is no URL.`, { cause: error });
  }
}

interface NodeProcess {
  cwd(): string;
  getBuiltinModule?(name: string): unknown;
}

function nodeProcess(): NodeProcess | undefined {
  return (globalThis as { process?: NodeProcess }).process;
}

function workingDirectory(): string | undefined {
  const cwd = nodeProcess()?.cwd?.();
  return cwd === undefined ? undefined : `file://${cwd}/`;
}

/** A file's bytes under Node, whose fetch knows no file: URLs; undefined elsewhere. */
export async function readLocalFile(url: URL): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (url.protocol !== 'file:') return undefined;
  const files = nodeProcess()?.getBuiltinModule?.('node:fs/promises') as
    | { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> }
    | undefined;
  if (!files) return undefined;
  try {
    return await files.readFile(url);
  } catch (error) {
    throw new EdgyError('network', `${url} could not be read: ${messageOf(error)}`, { cause: error });
  }
}

async function readUrl(location: string | URL, options: LoadOptions): Promise<ArrayBuffer> {
  const url = toUrl(location);
  const local = await readLocalFile(url);
  if (local) return local.slice().buffer;
  const response = await fetchOk(url, options.signal);
  return readResponse(response, String(url), options);
}

/** `fetch` whose failures are EdgyErrors. */
export async function fetchOk(from: URL | Request, signal?: AbortSignal): Promise<Response> {
  const name = 'url' in from ? from.url : from.href;
  const response = await broken(name, signal, () => fetch(from, signal ? { signal } : {}), 'could not be fetched');
  requireOk(response, name);
  return response;
}

function requireOk(response: Response, name: string): void {
  if (response.ok) return;
  const status = `${response.status} ${response.statusText}`.trim();
  throw new EdgyError('network', `${name} answered ${status}.`);
}

function readResponse(response: Response, name: string, options: LoadOptions): Promise<ArrayBuffer> {
  requireOk(response, name);
  const { body } = response;
  return broken(name, options.signal, () =>
    body ? collect(body, expectedBytes(response), options) : response.arrayBuffer(),
  );
}

/** What `work` gives; what it throws names `name`. */
async function broken<T>(
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  what = 'broke off',
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted) throw abortedError(signal);
    if (error instanceof EdgyError) throw error;
    throw new EdgyError('network', `${name} ${what}: ${messageOf(error)}`, { cause: error });
  }
}

/** Content-Length counts compressed bytes, so it says nothing about a compressed body; whether a body of another origin is compressed is hidden. */
function expectedBytes(response: Response): number | undefined {
  if (response.type === 'cors' || response.headers.get('content-encoding')) return undefined;
  const length = Number(response.headers.get('content-length'));
  return length > 0 ? length : undefined;
}

async function collect(
  body: ReadableStream<Uint8Array>,
  total: number | undefined,
  { signal, onProgress }: LoadOptions,
): Promise<ArrayBuffer> {
  const reader = body.getReader();
  const stop = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let loaded = 0;
    const report = () =>
      onProgress && tell(onProgress, { phase: 'model', loaded, ...(total === undefined ? {} : { total }) });
    report();
    for (;;) {
      const { done, value } = await reader.read();
      throwIfAborted(signal);
      if (done) break;
      if (!ArrayBuffer.isView(value))
        throw new EdgyError('invalid-input', `The stream gave ${shown(value)}, not bytes.`);
      chunks.push(value);
      loaded += value.byteLength;
      report();
    }
    const bytes = new Uint8Array(loaded);
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return bytes.buffer;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
