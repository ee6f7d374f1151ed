// Makes dist/: the ES modules (index.js and sealed.js with what they share; ort.js, models.js and text.js on top of index.js; resampler.js and
// trouble.js, which are loaded when they are needed; engine.js, worker.js and worker-threads.js, each of one file, as bundlers copy
// workers without reading them), the sealed engine and its page, the WebAssembly files, their hashes (integrity.json) and the type
// declarations; and beside it LICENSE, THIRD_PARTY.md and a folder for each entry.
// bundle/ holds what `npx edgy bundle` cuts.
// Where the converter was built as WebAssembly (make converter-wasm), converter/ gets it: `npx edgy convert` runs it, no page loads it.
// Usage: node scripts/build.mjs [--converter DIR] [--VARIANT DIR]..., the folders that CMake built the converter and each variant of
// wasm/variants.json in.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { nameBuild, withName } from '../bin/bundle/build_name.mjs';
import { writeIntegrity } from '../bin/bundle/integrity.mjs';
import { audit, auditResampler } from './audit.mjs';
import { makeBundleParts } from './bundle_parts.mjs';
import { makeNotices } from './notices.mjs';
import { keepPublicTypes } from './public_types.mjs';
import { digest, makeSealPage } from './seal_page.mjs';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const root = path.resolve(here, '../..');
const dist = path.join(here, 'dist');

/** @type {Record<string, { relaxed: boolean, threads: boolean }>} */
const variants = JSON.parse(await readFile(path.join(root, 'wasm/variants.json'), 'utf8'));
const builds = Object.keys(variants);
/** @param {string} name */
const folder = (name) => /** @type {const} */ ({ type: 'string', default: path.join(root, 'build', name) });
const { values: folders } = parseArgs({
  options: {
    converter: folder('converter-wasm'),
    ...Object.fromEntries(builds.map((name) => [name, folder(`wasm-${name}`)])),
  },
});
const resampler = path.join(folders.simd, 'edgy-resample.wasm');

/** A text without `part`, which has to be in it once. */
function replaced(text, file, part, by) {
  if (text.split(part).length !== 2)
    throw new Error(`${file} no longer contains ${part} once: adapt scripts/build.mjs`);
  return text.replace(part, by);
}

/**
 * Emscripten's JavaScript for `variant`, without the addresses of files, which bundlers would take for assets: the page compiles the
 * module and hands it over, and helper threads run the script that they are in (worker_threads.ts), whatever it is called. As that holds all
 * builds with threads, each knows its helpers by a name of its own.
 */
async function readGlue(variant) {
  const file = path.join(folders[variant], `edgy-${variant}.mjs`);
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error(`${file} is missing: build the CMake preset wasm-${variant} first`);
  });
  const glue = replaced(text, file, `new URL("edgy-${variant}.wasm",import.meta.url).href`, '""');
  if (!variants[variant].threads) return glue;
  const helper = kHelper + threaded.indexOf(variant);
  if (!glue.includes(`"${kHelper}"`))
    throw new Error(`${file} no longer names its helpers ${kHelper}: adapt scripts/build.mjs`);
  return replaced(
    glue.replaceAll(`"${kHelper}"`, `"${helper}"`),
    file,
    `new URL("edgy-${variant}.mjs",import.meta.url)`,
    'globalThis.location.href',
  );
}

/** Emscripten's name of a worker that is a thread. */
const kHelper = 'em-pthread';
/** `#native/threads`: what makes the module of each variant that has threads. */
const threaded = builds.filter((name) => variants[name].threads);
const threadedGlue =
  threaded.map((name, i) => `import create${i} from '#native/${name}';\n`).join('') +
  `export default { ${threaded.map((name, i) => `${name.replace('-threads', '')}: create${i}`).join(', ')} };\n`;

/** `#native/simd` and the others: nearly the same text, which compression finds; `#native/resample`: the bytes of the module. */
const native = {
  name: 'native',
  setup(context) {
    context.onResolve({ filter: /^#native\// }, ({ path: name }) => ({ path: name, namespace: 'native' }));
    context.onLoad({ filter: /.*/, namespace: 'native' }, async ({ path: name }) => {
      if (name === '#native/resample') return { contents: await readFile(resampler), loader: 'binary' };
      if (name === '#native/threads') return { contents: threadedGlue, loader: 'js' };
      return { contents: await readGlue(name.slice('#native/'.length)), loader: 'js' };
    });
  },
};

/** Files of their own, so that a page fetches them only when it needs them: the engine when it runs without a worker. */
const separateFiles = {
  name: 'separate-files',
  setup(context) {
    context.onResolve({ filter: /\/(engine|resampler|trouble)\.js$/ }, ({ path: file }) => ({
      path: `./${path.posix.basename(file)}`,
      external: true,
    }));
  },
};

/** The entries 'edgy/ort', 'edgy/models' and 'edgy/text' are built on what anybody can import from 'edgy'. */
const onTopOfIndex = {
  name: 'on-top-of-index',
  setup(context) {
    context.onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({ path: './index.js', external: true }));
  },
};

const wasmBytes = {};
const wasmFiles = {};
const glues = [];
for (const variant of builds) {
  const file = path.join(folders[variant], `edgy-${variant}.wasm`);
  const glue = await readFile(file.replace(/wasm$/, 'mjs'), 'utf8');
  wasmFiles[variant] = await readFile(file);
  glues.push(glue);
  await audit({ file, bytes: wasmFiles[variant], glue, threads: variants[variant].threads });
}
await auditResampler(resampler);
const { version, exports: entries } = JSON.parse(await readFile(path.join(here, 'package.json'), 'utf8'));
const sources = (await readdir(path.join(here, 'src'), { recursive: true }))
  .filter((name) => name.endsWith('.ts'))
  .sort();
const scripts = await Promise.all(sources.map((name) => readFile(path.join(here, 'src', name))));
const buildName = nameBuild([version, ...scripts, ...glues, ...Object.values(wasmFiles)]);
await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
for (const variant of builds) {
  const bytes = withName(wasmFiles[variant], buildName);
  await writeFile(path.join(dist, `edgy-${variant}.wasm`), bytes);
  wasmBytes[variant] = bytes.length;
}
await cp(resampler, path.join(dist, path.basename(resampler)));
await cp(path.join(root, 'LICENSE'), path.join(here, 'LICENSE'));

// For resolvers that do not read "exports" (Parcel, and TypeScript's older ones): a folder for each entry beside the main one.
for (const [name, target] of Object.entries(entries)) {
  if (name === '.' || typeof target === 'string') continue;
  await mkdir(path.join(here, name), { recursive: true });
  const stub = { type: 'module', main: `.${target.default}`, types: `.${target.types}` };
  await writeFile(path.join(here, name, 'package.json'), `${JSON.stringify(stub, null, 2)}\n`);
}
/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: here,
  bundle: true,
  platform: 'neutral',
  mainFields: ['module', 'main'],
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};
/** What each file of dist/ was made of, for the notices. */
const modules = [];
async function bundle(options) {
  const { metafile } = await build({ ...common, ...options });
  for (const [file, { inputs }] of Object.entries(metafile.outputs))
    modules.push({ file: path.basename(file), inputs: Object.keys(inputs) });
}

/** The scripts that know a runtime or the page of its seal: those whose `define` differs for runtimes that `edgy bundle` cuts. */
async function makeLoader(outdir, define, defineSeal) {
  await bundle({
    entryPoints: { 'sealed-engine': 'src/seal/engine_entry.ts' },
    outExtension: { '.js': '.txt' },
    outdir,
    format: 'esm',
    define: { ...define, 'import.meta.url': '""' },
    plugins: [native],
  });
  await bundle({
    entryPoints: ['src/index.ts', 'src/sealed.ts'],
    outdir,
    format: 'esm',
    splitting: true,
    chunkNames: 'shared',
    define: { ...define, ...(await defineSeal()) },
    plugins: [separateFiles],
  });
  await bundle({
    entryPoints: {
      engine: 'src/engine_entry.ts',
      worker: 'src/worker/worker.ts',
      'worker-threads': 'src/worker/worker_threads.ts',
    },
    outdir,
    format: 'esm',
    define,
    plugins: [native],
  });
}

const inDist = (file) => readFile(path.join(dist, file));
const known = { EDGY_VERSION: JSON.stringify(version) };
let seal;
const ofDist = { EDGY_CUT: 'false', EDGY_BUILD: JSON.stringify(buildName), EDGY_WASM_BYTES: JSON.stringify(wasmBytes) };
await makeLoader('dist', { ...known, ...ofDist }, async () => {
  seal = await makeSealPage({
    engine: digest(await inDist('sealed-engine.txt')),
    simd: digest(await inDist('edgy-simd.wasm')),
    relaxed: digest(await inDist('edgy-relaxed.wasm')),
  });
  await writeFile(path.join(dist, 'seal.htm'), seal.html);
  return { EDGY_SEAL: JSON.stringify(digest(seal.html)) };
});
await bundle({
  entryPoints: { resampler: 'src/sound/resampler.ts', trouble: 'src/errors/trouble.ts' },
  outdir: 'dist',
  format: 'esm',
});
await bundle({
  entryPoints: { ort: 'src/ort/index.ts', models: 'src/models/index.ts', text: 'src/text/index.ts' },
  outdir: 'dist',
  format: 'esm',
  plugins: [onTopOfIndex],
});
await writeIntegrity(dist, version, seal.policy);
await rm(path.join(here, 'bundle'), { recursive: true, force: true });
await makeLoader('bundle', { ...known, EDGY_CUT: 'true' }, async () => ({}));
const wasm = builds.map((variant) => ({
  file: `edgy-${variant}.wasm`,
  folder: folders[variant],
  target: `edgy-${variant}.mjs`,
}));
for (const variant of await makeBundleParts({ into: path.join(here, 'bundle'), variants, folders }))
  wasm.push({ file: `whole-${variant}.wasm`, folder: folders[variant], target: `edgy-${variant}-whole.mjs` });
wasm.push({ file: path.basename(resampler), folder: folders.simd, target: path.basename(resampler) });
await rm(path.join(here, 'converter'), { recursive: true, force: true });
if (existsSync(path.join(folders.converter, 'bin/edgy-converter.wasm'))) {
  await mkdir(path.join(here, 'converter'));
  for (const name of ['edgy-converter.mjs', 'edgy-converter.wasm'])
    await cp(path.join(folders.converter, 'bin', name), path.join(here, 'converter', name));
  wasm.push({ file: 'edgy-converter.wasm', folder: folders.converter, target: 'bin/edgy-converter.mjs' });
}
await writeFile(path.join(here, 'THIRD_PARTY.md'), makeNotices({ root, wasm, modules }));

const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
const { bin } = JSON.parse(await readFile(tsc, 'utf8'));
execFileSync(process.execPath, [path.join(path.dirname(tsc), bin.tsc), '-p', 'tsconfig.types.json'], {
  cwd: here,
  stdio: 'inherit',
});
await keepPublicTypes(path.join(dist, 'types'), [
  'index.d.ts',
  'sealed.d.ts',
  'engine_entry.d.ts',
  'ort/index.d.ts',
  'models/index.d.ts',
  'text/index.d.ts',
]);
