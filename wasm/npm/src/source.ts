/** Fetching: the bytes of a model from wherever the caller has it. */
import { tell } from './callbacks.js';
import { abortedError, EdgyError, messageOf, throwIfAborted } from './errors.js';
import { isBuffer, kindOf } from './realm.js';
import type { ModelSource, Progress } from './types.js';

interface LoadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The model's bytes in a buffer that is ours to give away. */
export async function readModel(source: ModelSource, options: LoadOptions): Promise<ArrayBuffer> {
  throwIfAborted(options.signal);
  if (typeof source === 'string') return readUrl(source, options);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice().buffer;
  }
  if (isBuffer(source)) return new Uint8Array(source).slice().buffer;
  switch (kindOf(source)) {
    case 'Blob':
    case 'File':
      return (source as Blob).arrayBuffer();
    case 'Response': {
      const response = source as Response;
      return readResponse(response, response.url || 'the given response', options);
    }
    case 'URL':
      return readUrl(String(source), options);
  }
  throw new EdgyError(
    'invalid-argument',
    'A model is given by its URL, or as an ArrayBuffer, a typed array, a Blob or a Response.',
  );
}

/** Throws `invalid-model` when `bytes` are plainly something else, with what they are and where they came from. */
export function checkModel(bytes: ArrayBuffer, source: ModelSource): void {
  const head = new Uint8Array(bytes, 0, Math.min(bytes.byteLength, 512));
  const text = String.fromCharCode(...head);
  if (head.length < 8 || text.slice(4, 8) === 'EDGY') return; // the runtime reads on
  throw new EdgyError('invalid-model', `${nameOf(source)} is no .edgy model: ${whatIs(head, text)}`);
}

function nameOf(source: ModelSource): string {
  if (typeof source === 'string' || kindOf(source) === 'URL')
    return String(toUrl(source as string | URL)).slice(0, 500);
  return (kindOf(source) === 'Response' && (source as Response).url) || 'What was given';
}

function whatIs(head: Uint8Array, text: string): string {
  if (/^\s*<(!doctype|html|\?xml|head|body)/i.test(text)) {
    return 'it is an HTML page, as servers send for addresses that they do not know. Is the model deployed there?';
  }
  if (head[0] === 0x1f && head[1] === 0x8b)
    return 'it is compressed with gzip, and its server does not say so (Content-Encoding).';
  // An ONNX file begins with the version of its format, a small number in field 1, and goes on with field 2, 3, 7 or 8.
  if (head[0] === 0x08 && (head[1] as number) < 0x20 && [0x12, 0x1a, 0x3a, 0x42].includes(head[2] as number)) {
    return 'it is an ONNX model. Convert it first: edgy convert MODEL.onnx -o MODEL.edgy.';
  }
  if (text.startsWith('TFL3', 4)) return 'it is a TensorFlow Lite model. Edgy converts ONNX models.';
  return "its bytes 4 to 7 are not 'EDGY'.";
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

/** Content-Length counts compressed bytes, so it says nothing about a compressed body; whether a body of another origin is compressed is hidden. */
function expectedBytes(response: Response): number | undefined {
  if (response.type === 'cors' || response.headers.get('content-encoding')) return undefined;
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
    const report = () =>
      onProgress && tell(onProgress, { phase: 'model', loaded, ...(total === undefined ? {} : { total }) });
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
