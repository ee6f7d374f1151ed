// `make finetune-configs`: every NNCF configuration of a folder, run end to end: fine-tuned along its schedule on one model, and without
// training on another. Writes build/finetune-configs.json and .md: what was asked for beside what the files hold.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { edgy, root, speech } from '../lib/paths.mjs';
import { asked } from './asked.mjs';
import { markdown } from './configs_table.mjs';

const { values: options } = parseArgs({
  options: {
    configs: { type: 'string', default: process.env.NNCF_CONFIGS ?? path.join(root, 'tests/data/nncf-configs') },
    model: { type: 'string', default: path.join(root, 'tests/data/models/edgy-256.onnx') },
    large: { type: 'string', default: process.env.EDGY_MODEL },
    manifest: { type: 'string', default: process.env.EDGY_SPEECH ?? path.join(speech, 'manifest.csv') },
    'epoch-steps': { type: 'string', default: '4' },
    minutes: { type: 'string', default: '0' },
    split: { type: 'string', default: 'test' },
    only: { type: 'string' },
    'large-only': { type: 'boolean', default: false },
    output: { type: 'string', default: path.join(root, 'build/finetune-configs.json') },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(`Usage: node tests/finetune/configs.mjs [options]
  --configs FOLDER        NNCF configurations (NNCF_CONFIGS; default: tests/data/nncf-configs)
  --model FILE.onnx       fine-tuned along the schedules (default: the small encoder in tests/data)
  --large FILE.onnx       compressed without training (EDGY_MODEL; default: left out)
  --manifest FILE.csv     recordings with splits train, dev and test (EDGY_SPEECH; default: tests/data/speech)
  --epoch-steps 4         optimizer steps of an epoch of the schedule; 0: all recordings
  --minutes 0             that training may take at most; 0: no limit
  --split test            recordings to judge on
  --only REGEXP           configurations, by name; other rows stay as an earlier run left them in --output
  --large-only            leave the training on the first model out, as it is in --output from an earlier run
  --output FILE.json      where the figures go; the table is written beside it
  --docs                  write the table into docs/finetuning.md, too`);
  process.exit(0);
}

const folder = path.join(root, 'build/finetune-configs');
mkdirSync(folder, { recursive: true });

/** @param {string[]} args */
const run = (...args) =>
  execFileSync(edgy, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
const inspect = (/** @type {string} */ model) => JSON.parse(run('inspect', model, '--json'));

/** Output channels and weights of each layer of the original. */
function layersOf(/** @type {string} */ onnx) {
  const model = path.join(folder, `${path.basename(onnx, '.onnx')}-f32.edgy`);
  run('convert', onnx, '-o', model, '--precision', 'f32', '--front-end', 'edgy');
  return inspect(model)
    .operators.filter((/** @type {any} */ op) => op.kind === 'Conv2D' || op.kind === 'Dense')
    .map((/** @type {any} */ op) => ({
      name: op.name,
      filters: op.output.at(-1),
      weights: op.bytes / 4 - op.output.at(-1),
    }));
}

/**
 * What a compressed file holds.
 * @param {string} model @param {any[]} before @param {Record<string, number>} zeros share of each layer, where masks say so
 */
function reached(model, before, zeros) {
  const { operators, bytes } = inspect(model);
  const layers = before.map((layer) => ({
    ...layer,
    ...operators.find((/** @type {any} */ op) => op.name === layer.name),
  }));
  const sum = (/** @type {(layer: any) => number} */ f) => layers.reduce((total, layer) => total + f(layer), 0);
  const cut = layers.filter((layer) => layer.output.at(-1) < layer.filters);
  const cutFrom = cut.reduce((total, layer) => total + layer.filters, 0);
  const cutTo = cut.reduce((total, layer) => total + layer.output.at(-1), 0);
  const bits = (/** @type {string} */ key) => [...new Set(layers.map((l) => l[key] ?? 32))].sort((a, b) => a - b);
  return {
    bytes,
    zeros: sum((layer) => (zeros[layer.name] ?? 0) * layer.weights) / sum((layer) => layer.weights),
    filters: cut.length > 0 ? 1 - cutTo / cutFrom : 0,
    filterStep: cut.length > 0 ? 1 / cutFrom : 0,
    weightBits: bits('weight_bits'),
    activationBits: bits('activation_bits'),
  };
}

const zerosOf = (/** @type {any[]} */ layers, /** @type {string} */ name, /** @type {string} */ share) =>
  Object.fromEntries(layers.map((layer) => [layer[name], layer[share] ?? 0]));

/** @param {string} onnx @param {string} model */
function agreement(onnx, model) {
  const args = ['compare', onnx, model, '--data', path.resolve(options.manifest), '--split', options.split, '--json'];
  const { outputs } = JSON.parse(run(...args));
  const output = (/** @type {string} */ name) => outputs.find((/** @type {any} */ o) => o.name === name) ?? {};
  return { cosine: output('z').cosine, agreement: output('indices').agreement };
}

/**
 * Codes equal of conversion alone, which fine-tuning leaves in the run's folder.
 * @param {string} onnx @param {string} model @param {boolean} trained
 */
function floorOf(onnx, model, trained) {
  const conversion = path.join(`${model}.run`, 'conversion.edgy');
  return trained && existsSync(conversion) ? agreement(onnx, conversion).agreement : undefined;
}

/** @param {string} onnx @param {string} config @param {string} model @param {string[]} more */
function finetune(onnx, config, model, more) {
  rmSync(`${model}.run`, { recursive: true, force: true });
  const data = ['--front-end', 'edgy', '--data', path.resolve(options.manifest)];
  run('finetune', onnx, '-o', model, '--config', config, ...data, ...more);
  const log = JSON.parse(readFileSync(path.join(`${model}.run`, 'log.json'), 'utf8'));
  return { steps: log.loss?.length ?? 0, zeros: zerosOf(log.layers, 'layer', 'zeros') };
}

/** @param {string} onnx @param {string} config @param {string} model */
function convert(onnx, config, model) {
  const data = ['--front-end', 'edgy', '--calibration', path.resolve(options.manifest)];
  run('convert', onnx, '-o', model, '--config', config, ...data);
  return { steps: 0, zeros: zerosOf(inspect(model).calibration.layers, 'name', 'sparsity') };
}

const original = layersOf(options.model);
const large = options.large ? layersOf(options.large) : undefined;
const rows = [];
for (const file of readdirSync(options.configs).sort()) {
  if (!file.endsWith('.json') || (options.only && !new RegExp(options.only).test(file))) continue;
  const config = path.join(options.configs, file);
  const wanted = asked(run('config', 'explain', '--json', config));
  const ways = options['large-only'] ? [] : [{ onnx: options.model, layers: original, trained: true }];
  if (large) ways.push({ onnx: options.large, layers: large, trained: false });
  for (const { onnx, layers, trained } of ways) {
    const model = path.join(folder, `${path.basename(onnx, '.onnx')}-${file.replace('.json', '.edgy')}`);
    const started = performance.now();
    // Bits by Hessian traces need gradients: without training, too, that is the trainer's part.
    const how =
      trained || wanted.byHessian
        ? finetune(
            onnx,
            config,
            model,
            trained ? ['--epoch-steps', options['epoch-steps'], '--minutes', options.minutes] : ['--epochs', '0'],
          )
        : convert(onnx, config, model);
    const seconds = (performance.now() - started) / 1000;
    const row = {
      config: file,
      model: path.basename(onnx),
      trained,
      steps: how.steps,
      seconds,
      asked: wanted,
      reached: reached(model, layers, how.zeros),
      ...agreement(onnx, model),
      alone: floorOf(onnx, model, trained),
    };
    rows.push(row);
    console.log(markdown([row]).split('\n').at(-1));
  }
}
if ((options.only || options['large-only']) && existsSync(options.output)) {
  const fresh = (/** @type {any} */ old) => rows.find((row) => row.config === old.config && row.model === old.model);
  const earlier = JSON.parse(readFileSync(options.output, 'utf8')).rows;
  const added = rows.filter((row) => !earlier.some((/** @type {any} */ old) => fresh(old) === row));
  rows.splice(0, rows.length, ...earlier.map((/** @type {any} */ old) => fresh(old) ?? old), ...added);
}
const report = { epochSteps: Number(options['epoch-steps']), split: options.split, rows };
writeFileSync(options.output, `${JSON.stringify(report, null, 2)}\n`);
const table = markdown(rows);
writeFileSync(options.output.replace(/\.json$/, '.md'), `${table}\n`);
console.log(`\n${table}\n`);
if (options.docs) {
  const page = path.join(root, 'docs/finetuning.md');
  const [before, rest] = readFileSync(page, 'utf8').split(/(?<=<!-- configurations:begin.*-->\n)/);
  const after = rest?.slice(rest.indexOf('<!-- configurations:end'));
  const long = Number(options.minutes) > 0 ? `, at most ${options.minutes} min of training` : '';
  const caption = `${options['epoch-steps']} steps an epoch${long}; judged on split ${options.split}:`;
  writeFileSync(page, `${before}\n${caption}\n\n${table}\n\n${after}`);
}
const missed = rows.filter((row) => !row.reached || markdown([row]).includes('NOT'));
process.exitCode = missed.length > 0 ? 1 : 0;
