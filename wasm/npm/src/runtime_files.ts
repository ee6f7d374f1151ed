/** Which of the package's files to load, and the compiled WebAssembly module, shared by all sessions of a page. */
import { relaxedSimd, simd } from 'wasm-feature-detect';
import { EdgyError, messageOf } from './errors.js';
import { fetchOk, readLocalFile, toUrl } from './source.js';
import type { RuntimeFile, SessionOptions, Variant } from './types.js';

export interface Runtime {
  readonly variant: Variant;
  readonly url: URL;
  readonly module: WebAssembly.Module;
}

type WasmPaths = SessionOptions['wasmPaths'];

/** Node 20's baseline compiler gets relaxed dot products wrong, so there the relaxed build is not even an option. */
export function inNode(): boolean {
  return typeof (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === 'string';
}

export async function chooseVariant(wanted: 'auto' | Variant): Promise<Variant> {
  if (wanted !== 'auto' && wanted !== 'simd' && wanted !== 'relaxed') {
    throw new EdgyError('invalid-argument', `variant '${String(wanted)}' does not exist: use auto, relaxed or simd.`);
  }
  if (!(await simd())) {
    throw new EdgyError('unsupported-model', 'This browser has no WebAssembly SIMD, which Edgy needs.');
  }
  if (wanted === 'simd') return 'simd';
  const relaxed = !inNode() && (await relaxedSimd());
  if (wanted === 'relaxed' && !relaxed) {
    throw new EdgyError(
      'invalid-argument',
      "variant 'relaxed' needs relaxed SIMD, which is not to be had here: use auto.",
    );
  }
  return relaxed ? 'relaxed' : 'simd';
}

/** Where `file` was moved to, or undefined for the place beside this module. */
export function movedTo(file: RuntimeFile, paths: WasmPaths): URL | undefined {
  if (paths === undefined) return undefined;
  if (typeof paths === 'string' || paths instanceof URL) return new URL(file, toUrl(paths));
  const path = paths[file];
  return path === undefined ? undefined : toUrl(path);
}

export function wasmUrl(variant: Variant, paths: WasmPaths, threads = 1): URL {
  // All addresses are written out, so that bundlers see the files and carry them along.
  if (threads > 1) {
    return movedTo('edgy-relaxed-threads.wasm', paths) ?? new URL('./edgy-relaxed-threads.wasm', import.meta.url);
  }
  return variant === 'relaxed'
    ? (movedTo('edgy-relaxed.wasm', paths) ?? new URL('./edgy-relaxed.wasm', import.meta.url))
    : (movedTo('edgy-simd.wasm', paths) ?? new URL('./edgy-simd.wasm', import.meta.url));
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** The compiled module of `url`, one for all sessions of a page. */
function compiled(url: URL): Promise<WebAssembly.Module> {
  let module = modules.get(url.href);
  if (!module) {
    module = compile(url);
    modules.set(url.href, module);
    // A failure is not remembered: the next session tries again.
    module.catch(() => modules.delete(url.href));
  }
  return module;
}

/** edgy-resample.wasm: only recordings of another rate than the model's need it. */
export function loadResampler(paths: WasmPaths): Promise<WebAssembly.Module> {
  return compiled(movedTo('edgy-resample.wasm', paths) ?? new URL('./edgy-resample.wasm', import.meta.url));
}

export async function loadRuntime(wanted: 'auto' | Variant, paths: WasmPaths, threads = 1): Promise<Runtime> {
  const variant = await chooseVariant(wanted);
  const url = wasmUrl(variant, paths, threads);
  return { variant, url, module: await compiled(url) };
}

async function compile(url: URL): Promise<WebAssembly.Module> {
  const local = await readLocalFile(url);
  if (local) return WebAssembly.compile(local).catch((error) => Promise.reject(noWebAssembly(url, 'The file', error)));
  const response = await fetchOk(url);
  const type = response.headers.get('content-type');
  try {
    // Streaming compilation insists on the media type, and takes no parameter; a server that sends another costs some time, not the session.
    return /^application\/wasm$/i.test(type ?? '')
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw noWebAssembly(
      url,
      `Its server answers ${response.status} with the media type ${type?.slice(0, 80) ?? 'none'}: it`,
      error,
    );
  }
}

function noWebAssembly(url: URL, what: string, error: unknown): EdgyError {
  const file = url.pathname.split('/').at(-1);
  return new EdgyError(
    'network',
    `${url} is no WebAssembly that this browser takes. ${what} may be another file than ${file}; if that was moved, name it in wasmPaths. ` +
      messageOf(error),
    { cause: error },
  );
}
