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

export async function loadRuntime(wanted: 'auto' | Variant, paths: WasmPaths, threads = 1): Promise<Runtime> {
  const variant = await chooseVariant(wanted);
  const url = wasmUrl(variant, paths, threads);
  let module = modules.get(url.href);
  if (!module) {
    module = compile(url);
    modules.set(url.href, module);
    // A failure is not remembered: the next session tries again.
    module.catch(() => modules.delete(url.href));
  }
  return { variant, url, module: await module };
}

async function compile(url: URL): Promise<WebAssembly.Module> {
  const local = await readLocalFile(url);
  const response = local ? undefined : await fetchOk(url);
  try {
    if (local) return await WebAssembly.compile(local);
    // Streaming compilation insists on the media type; a server that does not know it costs some time, not the session.
    return response?.headers.get('content-type')?.startsWith('application/wasm')
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await (response as Response).arrayBuffer());
  } catch (error) {
    throw new EdgyError('network', `${url} is no WebAssembly that this browser takes: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
