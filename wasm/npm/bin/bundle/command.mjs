// `edgy bundle MODEL.edgy... -o DIR`: runtime and loader of what these models need, and nothing else.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeLoader } from './loader.mjs';
import { load, needs, use } from './needs.mjs';
import { cut, readWhole } from './runtime.mjs';
import { shrinkAside } from './shrink.mjs';
import { brotliBytes } from './size.mjs';

export const usage = `Usage: edgy bundle MODEL.edgy... -o DIR

Makes DIR: the package's files for pages that run these models alone, with runtimes that hold the kernels of these models and no others.
Import DIR/index.js (or sealed.js) instead of 'edgy', or make DIR stand for it: "edgy": "file:DIR" in package.json. A model that needs more
is refused with the code 'unsupported-model' and what it needs. Which parts a model needs is asked of the runtime, on each class of processor.
`;

const variants = ['simd', 'relaxed', 'relaxed-threads'];
/** What a browser loads for a session with one thread. */
const scripts = ['index.js', 'shared.js', 'worker.js'];

class Refusal extends Error {}

/** @param {string} root the package @param {readonly string[]} words */
export async function bundle(root, words) {
  const { models, to } = readWords(words);
  const loaded = await Promise.all(models.map(readModel));
  const wholes = Object.fromEntries(
    await Promise.all(variants.map(async (variant) => [variant, await readWhole(path.join(root, 'bundle'), variant)])),
  );
  await mkdir(to, { recursive: true });
  const needed = await neededBy(root, wholes, loaded);
  const all = [...new Set(Object.values(wholes).flatMap(({ graph }) => graph.features.map(({ name }) => name)))];
  const out = all.filter((name) => !needed.has(name));
  const runtimes = Object.fromEntries(
    await Promise.all(
      variants.map(async (variant) => [
        variant,
        // Not cut yet: what was cut of it ends in an instruction that is unreachable, and why is not known.
        variant === 'relaxed-threads'
          ? new Uint8Array(await readFile(path.join(root, 'dist/edgy-relaxed-threads.wasm')))
          : await shrinkAside(cut(wholes[variant], out)),
      ]),
    ),
  );
  const named = loaded.map(({ name }) => name).join(', ');
  await writeLoader({ root, to, words: { to: named, out }, runtimes });
  await check(root, to, loaded, runtimes);
  const sizes = await measure(root, to);
  await writeFile(
    path.join(to, 'bundle.json'),
    `${JSON.stringify({ models: loaded.map(({ name }) => name), needs: [...needed].sort(), without: out, sizes }, null, 2)}\n`,
  );
  return { models: named, needed: [...needed].sort(), sizes };
}

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

/** Names of features. */
async function neededBy(root, wholes, models) {
  const scratch = await mkdtemp(path.join(tmpdir(), 'edgy-bundle-'));
  try {
    const nothing = Object.fromEntries(variants.map((variant) => [variant, wholes[variant].bytes]));
    await writeLoader({ root, to: scratch, words: { to: '', out: [] }, runtimes: nothing });
    const Engine = await engineOf(scratch);
    const needed = new Set();
    for (const { file, bytes } of models) {
      for (const variant of ['simd', 'relaxed']) {
        const found = await needs(wholes[variant], Engine, bytes).catch((error) => {
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
    const engine = new (await engineOf(folder))();
    const declared = await load(engine, new WebAssembly.Module(bytes), 'simd', model);
    return use(engine, declared);
  };
  const full = await readFile(path.join(root, 'dist/edgy-simd.wasm'));
  for (const model of models) {
    const [cutOnes, fullOnes] = [
      await outputs(to, runtimes.simd, model),
      await outputs(path.join(root, 'dist'), full, model),
    ];
    const same = cutOnes.every(({ data }, i) => Buffer.from(data.buffer).equals(Buffer.from(fullOnes[i].data.buffer)));
    if (!same || cutOnes.length !== fullOnes.length)
      throw new Error(
        `${model.file}: the cut runtime computes something else than the whole one. This is a defect of edgy bundle.`,
      );
  }
}

async function measure(root, to) {
  const sum = async (folder, names) => {
    const files = await Promise.all(names.map((name) => readFile(path.join(folder, name))));
    return {
      raw: files.reduce((total, { length }) => total + length, 0),
      brotli: files.reduce((total, bytes) => total + brotliBytes(bytes), 0),
    };
  };
  const rows = {};
  for (const variant of variants) {
    const loader = variant === 'relaxed-threads' ? ['index.js', 'shared.js', 'worker-threads.js'] : scripts;
    const names = [`edgy-${variant}.wasm`, ...loader];
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
  const { models, needed, sizes } = await bundle(root, words);
  const lines = [
    `${models} needs ${needed.join(', ')}`,
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
  lines.push('', 'Bytes, and in parentheses those of brotli -q 11.', '');
  return lines.join('\n');
}
