// `edgy bundle MODEL.edgy... -o DIR`: runtime and loader of what these models need, and nothing else.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { nameBuild, withName } from './build_name.mjs';
import { writeLoader } from './loader.mjs';
import { needs, use } from './needs.mjs';
import { cut, readWhole } from './runtime.mjs';
import { shrinkAside } from './shrink.mjs';
import { brotliBytes } from './size.mjs';

export const usage = `Usage: edgy bundle MODEL.edgy... -o DIR

Makes DIR: the package's files for pages that run these models alone, with runtimes that hold the kernels of these models and no others.
Import DIR/index.js (or sealed.js) instead of 'edgy', or make DIR stand for it: "edgy": "file:DIR" in package.json. A model that needs more
is refused with the code 'unsupported-model' and what it needs. Which parts a model needs is asked of the runtime, on each class of processor.
`;

/** What a browser loads beside the runtime. @param {boolean} threads */
const scripts = (threads) => ['index.js', 'shared.js', threads ? 'worker-threads.js' : 'worker.js'];

class Refusal extends Error {}

/** @param {string} root the package @param {readonly string[]} given */
export async function bundle(root, given) {
  const { models, to } = readWords(given);
  const loaded = await Promise.all(models.map(readModel));
  const parts = path.join(root, 'bundle');
  /** @type {Record<string, { relaxed: boolean, threads: boolean }>} */
  const variants = JSON.parse(await readFile(path.join(parts, 'variants.json'), 'utf8'));
  // The runtimes with threads stay as they are: cut, they end in an instruction that is unreachable, and why is not known.
  const isCut = (variant) => !variants[variant].threads;
  const names = Object.keys(variants);
  const wholes = await Promise.all(names.filter(isCut).map((variant) => readWhole(parts, variant)));
  await mkdir(to, { recursive: true });
  const needed = await neededBy(root, names, wholes, loaded);
  const all = [...new Set(wholes.flatMap(({ graph }) => graph.features.map(({ name }) => name)))];
  const out = all.filter((name) => !needed.has(name));
  const made = await Promise.all(wholes.map(async (whole) => [whole.variant, await shrinkAside(cut(whole, out))]));
  const kept = await Promise.all(
    names.filter((name) => !isCut(name)).map(async (name) => [name, await shipped(root, name)]),
  );
  const words = { to: loaded.map(({ name }) => name).join(', '), out };
  const build = nameBuild([JSON.stringify(words), ...[...made, ...kept].map(([, bytes]) => bytes)]);
  const runtimes = Object.fromEntries([...made, ...kept].map(([variant, bytes]) => [variant, withName(bytes, build)]));
  await writeLoader({ root, to, words, runtimes, build });
  await check(root, to, loaded, runtimes);
  const sizes = await measure(root, to, variants);
  const account = {
    models: loaded.map(({ name }) => name),
    needs: [...needed].sort(),
    without: out,
    whole: names.filter((name) => !isCut(name)),
    sizes,
  };
  await writeFile(path.join(to, 'bundle.json'), `${JSON.stringify(account, null, 2)}\n`);
  return account;
}

/** The runtime of the package. @param {string} root @param {string} variant */
const shipped = async (root, variant) =>
  new Uint8Array(await readFile(path.join(root, 'dist', `edgy-${variant}.wasm`)));

function readWords(words) {
  const models = [];
  let to;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === '-o' || word === '--output') to = words[++at];
    else if (word.startsWith('-')) throw new Refusal(`'${word}' is no option of bundle.\n\n${usage}`);
    else models.push(word);
  }
  if (models.length === 0) throw new Refusal(`bundle needs a model.\n\n${usage}`);
  if (to === undefined) throw new Refusal(`bundle needs a folder: -o DIR.\n\n${usage}`);
  return { models, to };
}

async function readModel(file) {
  const bytes = await readFile(file).catch((error) => {
    throw new Refusal(`${file} cannot be read: ${error.message}`);
  });
  return { name: path.basename(file), file, bytes };
}

/** Names of features that any of the models needs. `names`: of all variants. */
async function neededBy(root, names, wholes, models) {
  const scratch = await mkdtemp(path.join(tmpdir(), 'edgy-bundle-'));
  try {
    const runtimes = Object.fromEntries(names.map((name) => [name, new Uint8Array()]));
    await writeLoader({ root, to: scratch, words: { to: '', out: [] }, runtimes, build: '' });
    const Engine = await engineOf(scratch);
    const needed = new Set();
    for (const { file, bytes } of models) {
      for (const whole of wholes) {
        const found = await needs(whole, Engine, bytes).catch((error) => {
          throw new Refusal(`${file}: ${error.message}`);
        });
        for (const name of found) needed.add(name);
      }
    }
    return needed;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const engineOf = async (folder) => (await import(pathToFileURL(path.resolve(folder, 'engine.js')).href)).Engine;

/** That the cut runtime computes of each model what the whole one does. Node runs the build for plain SIMD. */
async function check(root, to, models, runtimes) {
  const outputs = async (folder, bytes, { bytes: model }) => {
    const Engine = await engineOf(folder);
    return use(new Engine(), new WebAssembly.Module(bytes), 'simd', model);
  };
  const full = await shipped(root, 'simd');
  for (const model of models) {
    const [cutOnes, fullOnes] = [
      await outputs(to, runtimes.simd, model),
      await outputs(path.join(root, 'dist'), full, model),
    ];
    const equal = ({ data }, i) => Buffer.from(data.buffer).equals(Buffer.from(fullOnes[i].data.buffer));
    if (cutOnes.length !== fullOnes.length || !cutOnes.every(equal))
      throw new Error(
        `${model.file}: the cut runtime computes something else than the whole one. This is a defect of edgy bundle.`,
      );
  }
}

async function measure(root, to, variants) {
  /** Each file once: brotli takes seconds of a runtime. @type {Map<string, { raw: number, brotli: number }>} */
  const known = new Map();
  const sum = async (folder, names) => {
    const total = { raw: 0, brotli: 0 };
    for (const file of names.map((name) => path.join(folder, name))) {
      const bytes = known.has(file) ? undefined : await readFile(file);
      if (bytes) known.set(file, { raw: bytes.length, brotli: brotliBytes(bytes) });
      const { raw, brotli } = known.get(file);
      total.raw += raw;
      total.brotli += brotli;
    }
    return total;
  };
  const rows = {};
  for (const [variant, { threads }] of Object.entries(variants)) {
    const names = [`edgy-${variant}.wasm`, ...scripts(threads)];
    rows[variant] = {
      before: await sum(path.join(root, 'dist'), names),
      after: await sum(to, names),
      runtime: {
        before: await sum(path.join(root, 'dist'), names.slice(0, 1)),
        after: await sum(to, names.slice(0, 1)),
      },
    };
  }
  return rows;
}

/** The command: prints what it did. @param {string} root @param {readonly string[]} words @returns {Promise<string>} */
export async function bundleCommand(root, words) {
  if (words.includes('--help') || words.includes('-h')) return usage;
  const { models, needs, whole, sizes } = await bundle(root, words);
  const lines = [
    `${models.join(', ')} needs ${needs.join(', ')}`,
    '',
    `${''.padEnd(34)}${'before'.padStart(20)}${'after'.padStart(20)}`,
  ];
  const row = (title, before, after) =>
    lines.push(
      `${title.padEnd(34)}${[before, after].map(({ raw, brotli }) => `${raw} (${brotli})`.padStart(20)).join('')}`,
    );
  for (const [variant, { before, after, runtime }] of Object.entries(sizes)) {
    row(`edgy-${variant}.wasm`, runtime.before, runtime.after);
    row('  with the loader', before, after);
  }
  lines.push('', 'Bytes, and in parentheses those of brotli -q 11.');
  for (const variant of whole) lines.push(`edgy-${variant}.wasm is whole: runtimes with threads are not cut.`);
  lines.push('');
  return lines.join('\n');
}
