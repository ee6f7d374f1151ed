/** Which of the package's files to load, and the compiled WebAssembly module, shared by all sessions of a page. */
import { relaxedSimd, simd } from 'wasm-feature-detect';
import { EdgyError, messageOf } from '../errors/errors.js';
import { explained } from '../errors/explain.js';
import { checkHash, fetchOk, readLocalFile, toUrl } from '../source.js';
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

/** The compiled module of `url`, one for all sessions of a page that ask the same of its hash. */
function compiled(url: URL, hash?: string): Promise<WebAssembly.Module> {
  const key = `${url} ${hash}`;
  let module = modules.get(key);
  if (!module) {
    module = compile(url, hash);
    modules.set(key, module);
    // A failure is not remembered: the next session tries again.
    module.catch(() => modules.delete(key));
  }
  return module;
}

/** edgy-resample.wasm: only recordings of another rate than the model's need it. */
export function loadResampler(paths: WasmPaths): Promise<WebAssembly.Module> {
  const file = 'edgy-resample.wasm';
  return compiled(movedTo(file, paths) ?? beside(file, () => new URL('./edgy-resample.wasm', import.meta.url)));
}

export async function loadRuntime(
  wanted: 'auto' | Variant,
  paths: WasmPaths,
  threads = 1,
  integrity?: SessionOptions['integrity'],
): Promise<Runtime> {
  const variant = await chooseVariant(wanted);
  const build = buildOf(variant, threads);
  const url = wasmUrl(build, paths);
  const hash = (integrity as Record<string, string> | undefined)?.[`edgy-${build}.wasm`];
  return { variant, url, module: await compiled(url, hash) };
}

async function compile(url: URL, hash?: string): Promise<WebAssembly.Module> {
  const file = url.pathname.split('/').at(-1) ?? '';
  const refuse = (answer: string) => (error: unknown) =>
    explained(
      'network',
      `${url} is no WebAssembly.`,
      (trouble) => `${trouble.whyNoWebAssembly(url.href, answer, file)} ${messageOf(error)}`,
      error,
    ).then((why) => Promise.reject(why));
  const local = await readLocalFile(url);
  if (local) {
    await checkHash(local, hash, url.href);
    return WebAssembly.compile(local).catch(refuse(''));
  }
  const response = await fetchOk(url).catch((error: EdgyError) =>
    explained(error.code, error.message, (trouble) => `${error.message} ${trouble.whyMissing(file)}`, error).then(
      (why) => Promise.reject(why),
    ),
  );
  const type = response.headers.get('content-type');
  const refused = refuse(`${response.status} with the media type ${type?.slice(0, 80) ?? 'none'}`);
  // Streaming compilation insists on the media type, and takes no parameter; a server that sends another costs some time, not the session.
  // What is to be hashed has to be there as a whole.
  if (hash === undefined && /^application\/wasm$/i.test(type ?? '')) {
    return WebAssembly.compileStreaming(response).catch(refused);
  }
  const bytes = await response.arrayBuffer().catch(refused);
  await checkHash(bytes, hash, url.href);
  return WebAssembly.compile(bytes).catch(refused);
}
