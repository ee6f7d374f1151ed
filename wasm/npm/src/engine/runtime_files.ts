/** Which of the package's files to load, and the compiled WebAssembly module, shared by all sessions of a page. */
import { relaxedSimd, simd } from 'wasm-feature-detect';
import { EdgyError, messageOf } from '../errors/errors.js';
import { explained } from '../errors/explain.js';
import { fetchOk, readLocalFile, toUrl } from '../source.js';
import type { Build, RuntimeFile, SessionOptions, Variant } from '../types.js';
import { buildOf, builds } from './variants.js';

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
  if (paths === undefined || paths === null) return undefined;
  if (typeof paths === 'string' || paths instanceof URL) {
    const prefix = toUrl(paths);
    // Without it the last part would be taken for a file, and its siblings be asked for.
    if (prefix.pathname.endsWith('/')) return new URL(file, prefix);
    throw new EdgyError('invalid-argument', `wasmPaths is '${paths}': a prefix ends in '/'.`);
  }
  const path = paths[file];
  return path === undefined ? undefined : toUrl(path);
}

export function wasmUrl(build: Build, paths: WasmPaths): URL {
  const file: RuntimeFile = `edgy-${build}.wasm`;
  return movedTo(file, paths) ?? beside(file, builds[build]);
}

/** Bundles that are no modules (IIFE, CommonJS) know no address of their own. */
function beside(file: RuntimeFile, address: () => URL): URL {
  try {
    return address();
  } catch (error) {
    throw new EdgyError('network', `This bundle knows no address of its own: name ${file} in wasmPaths.`, {
      cause: error,
    });
  }
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
  const file = 'edgy-resample.wasm';
  return compiled(movedTo(file, paths) ?? beside(file, () => new URL('./edgy-resample.wasm', import.meta.url)));
}

export async function loadRuntime(wanted: 'auto' | Variant, paths: WasmPaths, threads = 1): Promise<Runtime> {
  const variant = await chooseVariant(wanted);
  const url = wasmUrl(buildOf(variant, threads) ?? variant, paths);
  return { variant, url, module: await compiled(url) };
}

async function compile(url: URL): Promise<WebAssembly.Module> {
  const file = url.pathname.split('/').at(-1) ?? '';
  const refuse = (answer: string) => (error: unknown) =>
    explained(
      'network',
      `${url} is no WebAssembly.`,
      (trouble) => `${trouble.whyNoWebAssembly(url.href, answer, file)} ${messageOf(error)}`,
      error,
    ).then((why) => Promise.reject(why));
  const local = await readLocalFile(url);
  if (local) return WebAssembly.compile(local).catch(refuse(''));
  const response = await fetchOk(url).catch((error: EdgyError) =>
    explained(error.code, error.message, (trouble) => `${error.message} ${trouble.whyMissing(file)}`, error).then(
      (why) => Promise.reject(why),
    ),
  );
  const type = response.headers.get('content-type');
  // Streaming compilation insists on the media type, and takes no parameter; a server that sends another costs some time, not the session.
  const module = /^application\/wasm$/i.test(type ?? '')
    ? WebAssembly.compileStreaming(response)
    : response.arrayBuffer().then((bytes) => WebAssembly.compile(bytes));
  return module.catch(refuse(`${response.status} with the media type ${type?.slice(0, 80) ?? 'none'}`));
}
