// The JavaScript around cut runtimes, the seal's page with their hashes, and what lies beside them in the package.
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeIntegrity } from './integrity.mjs';
import { digest, embeddable, innerPage, sealPage } from './seal.mjs';

const scripts = [
  'index.js',
  'sealed.js',
  'shared.js',
  'engine.js',
  'worker.js',
  'worker-threads.js',
  'sealed-engine.txt',
];
/** The same as for every runtime. */
const copied = ['resampler.js', 'trouble.js', 'ort.js', 'models.js', 'edgy-resample.wasm'];

/** `text` with what stands for names that the build left in it; in parentheses, as an arrow takes an object for its body. @param {string} text @param {Record<string, unknown>} values */
export function filledIn(text, values) {
  return Object.entries(values).reduce(
    (filled, [name, value]) => filled.replaceAll(name, () => `(${JSON.stringify(value)})`),
    text,
  );
}

/**
 * Writes the loader into `to`.
 * @param {object} what
 * @param {string} what.root the package @param {string} what.to
 * @param {{ to: string, out: readonly string[] }} what.words which model the runtime was cut to, and what was cut out
 * @param {Record<string, Uint8Array>} what.runtimes by variant, with the name of the build
 * @param {string} what.build that name; '' for runtimes without one
 */
export async function writeLoader({ root, to, words, runtimes, build }) {
  const { version, ...description } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const template = (name) => readFile(path.join(root, 'bundle', name), 'utf8');
  for (const [variant, bytes] of Object.entries(runtimes))
    await writeFile(path.join(to, `edgy-${variant}.wasm`), bytes);
  const values = {
    EDGY_CUT_WORDS: words,
    EDGY_BUILD: build,
    EDGY_WASM_BYTES: Object.fromEntries(Object.entries(runtimes).map(([variant, { length }]) => [variant, length])),
  };
  const engine = filledIn(await template('sealed-engine.txt'), values);
  const integrity = { engine: digest(engine), simd: digest(runtimes.simd), relaxed: digest(runtimes.relaxed) };
  const inner = embeddable(filledIn(await template('seal-inner.txt'), { EDGY_INTEGRITY: integrity }));
  const outer = embeddable(filledIn(await template('seal-outer.txt'), { EDGY_INNER_PAGE: innerPage(inner) }));
  const { html, policy } = sealPage(inner, outer);
  await writeFile(path.join(to, 'seal.htm'), html);
  for (const name of scripts)
    await writeFile(path.join(to, name), filledIn(await template(name), { ...values, EDGY_SEAL: digest(html) }));
  for (const name of copied) await cp(path.join(root, 'dist', name), path.join(to, name));
  await cp(path.join(root, 'dist/types'), path.join(to, 'types'), { recursive: true });
  for (const name of ['LICENSE', 'THIRD_PARTY.md']) await cp(path.join(root, name), path.join(to, name));
  await writeIntegrity(to, version, policy);
  await writeFile(path.join(to, 'package.json'), `${JSON.stringify(packageOf(version, description), null, 2)}\n`);
}

/** So that the folder can stand for the package: a dependency "edgy": "file:DIR". */
function packageOf(version, { name, license, exports }) {
  const here = (target) =>
    typeof target === 'string'
      ? target.replace('./dist/', './')
      : Object.fromEntries(
          Object.entries(target).map(([condition, file]) => [condition, file.replace('./dist/', './')]),
        );
  return {
    name,
    version,
    private: true,
    license,
    type: 'module',
    sideEffects: ['./engine.js'],
    main: './index.js',
    types: './types/index.d.ts',
    exports: Object.fromEntries(Object.entries(exports).map(([entry, target]) => [entry, here(target)])),
  };
}
