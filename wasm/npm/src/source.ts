/** Fetching: the bytes of a model from wherever the caller has it. */
import { abortedError, EdgyError, messageOf, throwIfAborted } from './errors.js';
import type { ModelSource, Progress } from './types.js';

interface LoadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The model's bytes in a buffer that is ours to give away. */
export async function readModel(source: ModelSource, options: LoadOptions): Promise<ArrayBuffer> {
  throwIfAborted(options.signal);
  if (source instanceof ArrayBuffer) return source.slice(0);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice().buffer;
  }
  if (typeof Blob !== 'undefined' && source instanceof Blob) return source.arrayBuffer();
  if (typeof Response !== 'undefined' && source instanceof Response) {
    return readResponse(source, source.url || 'the given response', options);
  }
  if (typeof source === 'string' || source instanceof URL) return readUrl(source, options);
  throw new EdgyError(
    'invalid-argument',
    'A model is given by its URL, or as an ArrayBuffer, a typed array, a Blob or a Response.',
  );
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
export async function fetchOk(url: URL, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (error) {
    if (signal?.aborted) throw abortedError(signal);
    throw new EdgyError('network', `${url} could not be fetched: ${messageOf(error)}`, { cause: error });
  }
  requireOk(response, String(url));
  return response;
}

function requireOk(response: Response, name: string): void {
  if (response.ok) return;
  const status = `${response.status} ${response.statusText}`.trim();
  throw new EdgyError('network', `${name} answered ${status}.`);
}

async function readResponse(response: Response, name: string, options: LoadOptions): Promise<ArrayBuffer> {
  const { signal, onProgress } = options;
  requireOk(response, name);
  try {
    if (!response.body) return await response.arrayBuffer();
    return await collect(response.body, expectedBytes(response), signal, onProgress);
  } catch (error) {
    if (signal?.aborted) throw abortedError(signal);
    if (error instanceof EdgyError) throw error;
    throw new EdgyError('network', `${name} broke off: ${messageOf(error)}`, { cause: error });
  }
}

/** Content-Length counts compressed bytes, so it says nothing about a compressed body. */
function expectedBytes(response: Response): number | undefined {
  if (response.headers.get('content-encoding')) return undefined;
  const length = Number(response.headers.get('content-length'));
  return length > 0 ? length : undefined;
}

async function collect(
  body: ReadableStream<Uint8Array>,
  total: number | undefined,
  signal: AbortSignal | undefined,
  onProgress: LoadOptions['onProgress'],
): Promise<ArrayBuffer> {
  const reader = body.getReader();
  const stop = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let loaded = 0;
    const report = () => onProgress?.({ phase: 'model', loaded, ...(total === undefined ? {} : { total }) });
    report();
    for (;;) {
      const { done, value } = await reader.read();
      throwIfAborted(signal);
      if (done) break;
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
