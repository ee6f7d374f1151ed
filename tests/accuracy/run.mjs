// `make accuracy`: converts a model in several ways and compares each with the float model on recordings that were never used to
// calibrate. Writes build/accuracy.json and prints a table.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { edgy, root, speech } from '../lib/paths.mjs';
import { markdown, writeTable } from './table.mjs';
import { variants } from './variants.mjs';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: process.env.EDGY_MODEL ?? path.join(root, 'tests/data/models/edgy-256.onnx') },
    manifest: { type: 'string', default: process.env.EDGY_SPEECH ?? path.join(speech, 'manifest.csv') },
    sparsity: { type: 'string', default: '30,50,80' },
    budget: { type: 'string', default: '10' },
    samples: { type: 'string', default: '128' },
    split: { type: 'string', default: 'test' },
    only: { type: 'string' },
    also: { type: 'string', multiple: true, default: [] },
    output: { type: 'string', default: path.join(root, 'build/accuracy.json') },
    docs: { type: 'boolean', default: false },
    place: { type: 'string' },
    from: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(`Usage: node tests/accuracy/run.mjs [options]
  --model FILE.onnx       an encoder with the outputs z and indices (EDGY_MODEL; default: the small one in tests/data)
  --manifest FILE.csv     recordings with splits train and test (EDGY_SPEECH; default: tests/data/speech)
  --sparsity 30,50,80     percent of zeros
  --budget 10             percent of the ONNX file's bytes
  --samples 128           recordings to calibrate on, of split train
  --split test            recordings to judge on
  --only REGEXP           variants to make, by name
  --also LABEL=FILE.edgy  a row for a file that is there already, a fine-tuned one for instance (may be repeated)
  --output FILE.json      where the figures go
  --docs                  write the table into docs/compression.md, too
  --place PAGE.md#NAME    ... or there, between the comments that say so
  --from FILE.json        measure nothing: write the table of these figures into the page`);
  process.exit(0);
}
if (options.from) {
  writeTable(JSON.parse(readFileSync(options.from, 'utf8')), options.place);
  process.exit(0);
}

const manifest = path.resolve(options.manifest);
const folder = path.join(root, 'build/accuracy');
mkdirSync(folder, { recursive: true });

/** @param {string[]} args */
const run = (...args) =>
  execFileSync(edgy, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] });

/**
 * The rows of the manifest that say what was said, speakers left out: `edgy audit` then only trains and judges the content probe.
 */
function probeManifest() {
  const [head, ...rows] = readFileSync(manifest, 'utf8').trim().split('\n');
  const columns = head.split(',');
  const at = (/** @type {string} */ name) => columns.indexOf(name);
  const target = path.join(folder, 'probe');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const kept = rows
    .map((row) => row.split(','))
    .filter((row) => row[at('label')] && ['train', options.split].includes(row[at('split')]));
  for (const corpus of new Set(kept.map((row) => row[at('file')].split('/')[0]))) {
    symlinkSync(path.join(path.dirname(manifest), corpus), path.join(target, corpus));
  }
  const lines = kept.map((row) =>
    [row[at('file')], 'anyone', row[at('label')], row[at('split')] === 'train' ? 'train' : 'test'].join(','),
  );
  const file = path.join(target, 'manifest.csv');
  writeFileSync(file, `${['file,speaker,label,split', ...lines].join('\n')}\n`);
  return kept.length > 0 ? file : undefined;
}

/** @param {string} model @param {string | undefined} probe */
function probes(model, probe) {
  if (!probe) return {};
  const [{ representations }] = JSON.parse(
    run('audit', model, '--manifest', probe, '--seeds', '1', '--shuffles', '0', '--json'),
  ).models;
  return Object.fromEntries(
    representations
      .filter((/** @type {any} */ r) => r.content.length > 0)
      .map((/** @type {any} */ r) => [r.name, r.content[0].logistic_regression.value]),
  );
}

const brotli = (/** @type {Buffer} */ bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

const onnxBytes = statSync(options.model).size;
const probe = probeManifest();
const rows = [];
const percents = (/** @type {string} */ list) => list.split(',').filter(Boolean).map(Number);
const wanted = variants(
  percents(options.sparsity),
  percents(options.budget),
  onnxBytes,
  Number(options.samples),
).filter((variant) => !options.only || new RegExp(options.only).test(variant.name));
/** @type {import("./variants.mjs").Variant[]} files that are there already */
const given = options.also.map((row) => {
  const [label, file] = row.split(/=(?=[^=]*$)/);
  return { name: label, label, file };
});
for (const variant of [...wanted, ...given]) {
  const config = path.join(folder, `${variant.name}.json`);
  const model = variant.file ?? path.join(folder, `${variant.name}.edgy`);
  const started = performance.now();
  if (!variant.file) {
    writeFileSync(config, JSON.stringify(variant.config, null, 2));
    run('convert', options.model, '-o', model, '--config', config, '--front-end', 'edgy', '--calibration', manifest);
  }
  const seconds = (performance.now() - started) / 1000;
  const comparison = JSON.parse(
    run('compare', options.model, model, '--data', manifest, '--split', options.split, '--json'),
  );
  const output = (/** @type {string} */ name) =>
    comparison.outputs.find((/** @type {any} */ o) => o.name === name) ?? {};
  const bytes = readFileSync(model);
  rows.push({
    ...variant,
    seconds,
    bytes: bytes.length,
    share: bytes.length / onnxBytes,
    // Nobody ships the float model; compressing it takes longer than all else.
    brotliBytes: variant.name === 'f32' ? undefined : brotli(bytes),
    cosine: output('z').cosine,
    sqnr: output('z').sqnr_db,
    agreement: output('indices').agreement,
    probe: probes(model, probe),
  });
  console.log(markdown(rows.slice(-1)).split('\n').at(-1));
}
const report = {
  model: path.basename(options.model),
  onnxBytes,
  split: options.split,
  samples: Number(options.samples),
  rows,
};
if (existsSync(options.output)) rmSync(options.output);
writeFileSync(options.output, `${JSON.stringify(report, null, 2)}\n`);
console.log(`\n${markdown(rows)}\n`);
if (options.docs || options.place) writeTable(report, options.place);
