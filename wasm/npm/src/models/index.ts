/**
 * Models that are fetched once: checked against a hash, kept in the browser's Cache Storage, shared by sessions.
 *
 * ```js
 * import { InferenceSession } from 'edgy';
 * import { fetchModel } from 'edgy/models';
 *
 * const model = fetchModel('/models/encoder.edgy', { cache: 'models', integrity: 'sha256-...' });
 * const session = await InferenceSession.create(model);
 * ```
 *
 * @module
 */

import { abortedError, checkOptions, EdgyError, type Progress, throwIfAborted } from '../index.js';

export interface FetchModelOptions {
  /**
   * The hash that the file has to have, as in Subresource Integrity: 'sha256-', 'sha384-' or 'sha512-' and base64. What is kept under
   * another hash is fetched anew; what comes with another hash is an error. A new model so needs nothing but its new hash.
   */
  integrity?: string | undefined;
  /** Name of the Cache Storage to keep the model in. Default: none, and only calls at the same time share a download. */
  cache?: string | undefined;
  /** Called while the model is being fetched, and once for one that was kept. What it throws is reported as an error of the page. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Ends the wait. The download ends when nobody waits for it any more. */
  signal?: AbortSignal | undefined;
}

const known: readonly string[] = ['integrity', 'cache', 'onProgress', 'signal'] satisfies (keyof FetchModelOptions)[];
const algorithms: Readonly<Record<string, string>> = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' };

interface Download {
  readonly bytes: Promise<ArrayBuffer>;
  readonly controller: AbortController;
  readonly listeners: Set<(progress: Progress) => void>;
  last: Progress | undefined;
  waiting: number;
}
const downloads = new Map<string, Download>();

/**
 * The bytes of the model at `url`. Each call gets a buffer that may be shared with calls made at the same time: sessions copy it. Rejects
 * with an `EdgyError`.
 */
export async function fetchModel(url: string | URL, options?: FetchModelOptions | null): Promise<ArrayBuffer> {
  await checkOptions(options, known, 'option of fetchModel');
  const { integrity, cache, onProgress, signal } = options ?? {};
  throwIfAborted(signal);
  const hash = parseIntegrity(integrity);
  const address = absolute(url);
  const key = [address, integrity ?? '', cache ?? ''].join('\n');
  let download = downloads.get(key);
  if (!download) {
    download = start(address, hash, cache);
    downloads.set(key, download);
    const end = () => forget(key, download as Download);
    download.bytes.then(end, end);
  }
  download.waiting++;
  try {
    return await waitFor(download, onProgress, signal);
  } finally {
    if (--download.waiting === 0) {
      // Whoever asks from now on starts anew.
      forget(key, download);
      download.controller.abort();
    }
  }
}

function forget(key: string, download: Download): void {
  if (downloads.get(key) === download) downloads.delete(key);
}

/** Forgets all models that were kept in the Cache Storage `cache`. */
export async function forgetModels(cache: string): Promise<void> {
  if (typeof caches !== 'undefined') await caches.delete(cache);
}

function start(address: string, hash: Hash | undefined, cache: string | undefined): Download {
  const controller = new AbortController();
  const download: Download = {
    controller,
    listeners: new Set(),
    last: undefined,
    waiting: 0,
    bytes: Promise.resolve().then(() =>
      load(address, hash, cache, controller.signal, (progress) => {
        download.last = progress;
        for (const listener of download.listeners) tell(listener, progress);
      }),
    ),
  };
  return download;
}

async function waitFor(
  download: Download,
  onProgress: FetchModelOptions['onProgress'],
  signal: AbortSignal | undefined,
): Promise<ArrayBuffer> {
  // One of its own for each call: two may have the same function.
  const listener = onProgress && ((progress: Progress) => onProgress(progress));
  if (listener) {
    download.listeners.add(listener);
    if (download.last) tell(listener, download.last);
  }
  let onAbort = () => {};
  try {
    if (!signal) return await download.bytes;
    const ended = new Promise<never>((_, reject) => {
      onAbort = () => reject(abortedError(signal));
      signal.addEventListener('abort', onAbort, { once: true });
    });
    return await Promise.race([download.bytes, ended]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    if (listener) download.listeners.delete(listener);
  }
}

async function load(
  address: string,
  hash: Hash | undefined,
  cache: string | undefined,
  signal: AbortSignal,
  report: (progress: Progress) => void,
): Promise<ArrayBuffer> {
  // A page without a secure context has no Cache Storage, and one that is not allowed to keep anything rejects: both just fetch.
  const store = cache === undefined || typeof caches === 'undefined' ? undefined : await caches.open(cache).catch(none);
  const kept = await store?.match(address).catch(none);
  const bytes = await kept?.arrayBuffer().catch(none);
  if (bytes && (await hasHash(bytes, hash))) {
    report({ phase: 'model', loaded: bytes.byteLength, total: bytes.byteLength });
    return bytes;
  }
  const response = await fetch(address, { signal }).catch((error: Error) => {
    throw new EdgyError('network', `${address} could not be fetched: ${error.message}`, { cause: error });
  });
  if (!response.ok)
    throw new EdgyError('network', `${address} answered ${`${response.status} ${response.statusText}`.trim()}.`);
  const fresh = await collect(response, report).catch((error: Error) => {
    throw new EdgyError('network', `${address} broke off: ${error.message}`, { cause: error });
  });
  if (hash && !(await hasHash(fresh, hash))) {
    throw new EdgyError(
      'network',
      `${address} is another file than its integrity says: it hashes to ${await digest(fresh, hash.algorithm)}.`,
    );
  }
  // Where there is no room the model works all the same, and is fetched again.
  await store
    ?.put(address, new Response(fresh, { headers: { 'content-type': 'application/octet-stream' } }))
    .catch(none);
  return fresh;
}

const none = () => undefined;

async function collect(response: Response, report: (progress: Progress) => void): Promise<ArrayBuffer> {
  const length = Number(response.headers.get('content-length'));
  // Of a compressed body, or one of another origin that may be, it counts other bytes.
  const known = length > 0 && response.type !== 'cors' && !response.headers.get('content-encoding');
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  const reader = response.body?.getReader();
  if (!reader) return response.arrayBuffer();
  for (;;) {
    report({ phase: 'model', loaded, ...(known ? { total: length } : {}) });
    const { done, value } = await reader.read();
    if (done) return new Blob(chunks).arrayBuffer();
    chunks.push(value);
    loaded += value.byteLength;
  }
}

interface Hash {
  /** 'sha256' */
  readonly algorithm: string;
  /** 'sha256-...' */
  readonly text: string;
}

function parseIntegrity(text: string | undefined): Hash | undefined {
  if (text === undefined) return undefined;
  const [algorithm = ''] = String(text).split('-', 1);
  if (Object.hasOwn(algorithms, algorithm) && /^\w+-[A-Za-z0-9+/]+=*$/.test(text)) return { algorithm, text };
  throw new EdgyError(
    'invalid-argument',
    `integrity is '${String(text).slice(0, 100)}': it must be 'sha256-', 'sha384-' or 'sha512-' and the hash in base64.`,
  );
}

async function hasHash(bytes: ArrayBuffer, hash: Hash | undefined): Promise<boolean> {
  return hash === undefined || (await digest(bytes, hash.algorithm)) === hash.text;
}

async function digest(bytes: ArrayBuffer, algorithm: string): Promise<string> {
  if (!globalThis.crypto?.subtle)
    throw new EdgyError('invalid-argument', 'Hashes need a secure context (https: or localhost).');
  const hash = new Uint8Array(await crypto.subtle.digest(algorithms[algorithm] as string, bytes));
  return `${algorithm}-${btoa(String.fromCharCode(...hash))}`;
}

function absolute(url: string | URL): string {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch (error) {
    throw new EdgyError('invalid-argument', `'${String(url).slice(0, 200)}' is no URL.`, { cause: error });
  }
}

function tell(listener: (progress: Progress) => void, progress: Progress): void {
  try {
    listener(progress);
  } catch (error) {
    if (typeof reportError === 'function') reportError(error);
    else console.error(error);
  }
}
