// Bytes that one browser loads of the runtime: JavaScript, worker and one WebAssembly file, raw and as `brotli -q 11`;
// and of the entry `edgy/text`, which is not among them.
// Usage: node size.mjs; writes build/size.json, prints a table, fails above the limit.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { benchOutput, dist, root } from '../lib/paths.mjs';

/** @type {Record<string, { threads: boolean }>} the variants of the runtime */
const variants = JSON.parse(readFileSync(path.join(root, 'wasm/variants.json'), 'utf8'));

/**
 * The most bytes of each variant. Those with threads, which isolated pages alone load, have the pool, its start and the C library's part for
 * threads besides: 9 kB.
 * @type {Record<string, number>}
 */
export const kLimitBytes = Object.fromEntries(
  Object.entries(variants).map(([name, { threads }]) => [name, threads ? 180_000 : 170_000]),
);

/** The most bytes of `edgy/text`, which a page loads on top when it reads texts: Hugging Face's tokenizers, most of it. */
export const kLimitTextBytes = 14_000;

const scripts = ['index.js', 'shared.js', 'worker.js'];

/** @param {Uint8Array} bytes */
export const brotliBytes = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length;

/** @param {string} file a file of the package's dist/ */
export function measureFile(file) {
  const bytes = readFileSync(path.join(dist, file));
  return { file, raw: bytes.length, brotli: brotliBytes(bytes) };
}

/** With threads, the worker holds an engine of its own. */
const scriptsWithThreads = ['index.js', 'shared.js', 'worker-threads.js'];

/** The files of one variant and their sums. @param {string} variant */
export function measureVariant(variant) {
  const loaded = variants[variant]?.threads ? scriptsWithThreads : scripts;
  const files = [`edgy-${variant}.wasm`, ...loaded].map(measureFile);
  const sum = (/** @type {'raw' | 'brotli'} */ key) => files.reduce((total, file) => total + file[key], 0);
  return { variant, files, raw: sum('raw'), brotli: sum('brotli') };
}

/**
 * Raw and brotli bytes of files, remembered in `cache` by content: a peer's 14 MB take most of a minute.
 * @param {string[]} files @param {string} cache
 */
export function measureFiles(files, cache) {
  /** @type {Record<string, number>} */
  const known = existsSync(cache) ? JSON.parse(readFileSync(cache, 'utf8')) : {};
  const sizes = files.map((file) => {
    const bytes = readFileSync(file);
    const key = createHash('sha256').update(bytes).digest('hex');
    known[key] ??= brotliBytes(bytes);
    return { file: path.basename(file), raw: bytes.length, brotli: known[key] };
  });
  mkdirSync(path.dirname(cache), { recursive: true });
  writeFileSync(cache, JSON.stringify(known));
  return sizes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const measured = Object.keys(variants).map(measureVariant);
  for (const { variant, files, raw, brotli } of measured) {
    for (const row of [...files, { file: `${variant} in all`, raw, brotli }]) {
      console.log(row.file.padEnd(28), String(row.raw).padStart(9), String(row.brotli).padStart(9));
    }
  }
  const text = measureFile('text.js');
  console.log(text.file.padEnd(28), String(text.raw).padStart(9), String(text.brotli).padStart(9));
  mkdirSync(benchOutput, { recursive: true });
  writeFileSync(
    path.join(benchOutput, 'size.json'),
    `${JSON.stringify({ limits: kLimitBytes, variants: measured }, null, 2)}\n`,
  );
  if (text.brotli > kLimitTextBytes) {
    console.error(`${text.file}: over the limit of ${kLimitTextBytes} bytes`);
    process.exitCode = 1;
  }
  for (const { variant, brotli } of measured) {
    if (brotli <= (kLimitBytes[variant] ?? 0)) continue;
    console.error(`${variant}: over the limit of ${kLimitBytes[variant]} bytes`);
    process.exitCode = 1;
  }
}
