// What zeros cost models as people use them, without training: each at several sparsities by reconstruction and, beside it, by
// magnitude, on samples that nothing was fitted to. A model is a folder NAME with NAME.onnx, cal/ to calibrate on and test/ to judge
// by (files K.in.INPUT.npy); options that its inputs demand are in zoo.json. speech_windows.py makes such a folder of recordings.
// Usage: node sparsity.mjs [--sparsity 30,50,80] [--samples 128] [--docs] [--from FILE.json] FOLDER...
// Writes build/sparsity.json, with --docs the table in docs/compression.md; --from measures nothing and writes the table of FILE.json.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchOutput, edgy, root } from '../lib/paths.mjs';

const { values: options, positionals: folders } = parseArgs({
  allowPositionals: true,
  options: {
    sparsity: { type: 'string', default: '30,50,80' },
    samples: { type: 'string', default: '128' },
    docs: { type: 'boolean', default: false },
    from: { type: 'string' },
  },
});
const given = JSON.parse(fs.readFileSync(new URL('zoo.json', import.meta.url), 'utf8'));
const percents = options.sparsity.split(',').map(Number);

/** @typedef {{ mean: number, worst: number }} Likeness of the output that is least like the float model's */
/** @typedef {{ name: string, calibration: number, test: number, int8: Likeness, zeros: Record<string, Record<string, Likeness>> }} Row */

const run = (/** @type {string[]} */ ...args) =>
  execFileSync(edgy, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });

/** The samples of a folder: files K.in.INPUT.npy with the same K are one. */
const count = (/** @type {string} */ folder) =>
  new Set(
    fs
      .readdirSync(folder)
      .filter((file) => /^\d+\.in\./.test(file))
      .map((file) => file.split('.')[0]),
  ).size;

/** @param {string} folder @returns {Row} */
function measure(folder) {
  const name = path.basename(folder);
  const onnx = path.join(folder, `${name}.onnx`);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-sparsity-'));
  const judge = (/** @type {object} */ pruning) => {
    const model = path.join(scratch, 'model.edgy');
    const config = path.join(scratch, 'config.json');
    fs.writeFileSync(config, JSON.stringify({ calibration_samples: Number(options.samples), ...pruning }));
    const inputs = given[name] ?? [];
    run('convert', onnx, '-o', model, '--config', config, '--calibration', path.join(folder, 'cal'), ...inputs);
    const float = path.join(scratch, 'float.edgy');
    if (!fs.existsSync(float)) run('convert', onnx, '-o', float, '--precision', 'f32', ...inputs);
    const compared = JSON.parse(run('compare', float, model, '--data', path.join(folder, 'test'), '--json'));
    const smooth = compared.outputs.filter((/** @type {any} */ o) => o.mean_sample_cosine !== undefined);
    const [worst] = smooth.sort(
      (/** @type {any} */ a, /** @type {any} */ b) => a.mean_sample_cosine - b.mean_sample_cosine,
    );
    return { mean: worst.mean_sample_cosine, worst: worst.worst_sample_cosine };
  };
  /** @type {Row} */
  const row = {
    name,
    calibration: Math.min(Number(options.samples), count(path.join(folder, 'cal'))),
    test: count(path.join(folder, 'test')),
    int8: judge({}),
    zeros: {},
  };
  for (const percent of percents) {
    const sparsity = percent / 100;
    row.zeros[percent] = {
      reconstruction: judge({ pruning: { sparsity } }),
      magnitude: judge({ pruning: { sparsity, method: 'magnitude', allocation: 'uniform' } }),
    };
  }
  fs.rmSync(scratch, { recursive: true });
  return row;
}

const three = (/** @type {number} */ x) => x.toFixed(3);
const likeness = (/** @type {Likeness} */ { mean, worst }) => `${three(mean)} (${three(worst)})`;

function table(/** @type {Row[]} */ rows) {
  const levels = Object.keys(rows[0].zeros);
  const head = ['model', 'calibrated on', 'judged on', 'int8', ...levels.flatMap((p) => [`${p} % zeros`, 'magnitude'])];
  const lines = rows.map((row) => [
    row.name,
    row.calibration,
    row.test,
    likeness(row.int8),
    ...levels.flatMap((p) => [likeness(row.zeros[p].reconstruction), likeness(row.zeros[p].magnitude)]),
  ]);
  return [head, ['---', ...head.slice(1).map(() => '---:')], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function write(/** @type {Row[]} */ rows) {
  const page = path.join(root, 'docs/compression.md');
  const [open, close] = ['<!-- sparsity -->', '<!-- /sparsity -->'];
  const text = fs.readFileSync(page, 'utf8');
  const [before, rest] = text.split(open);
  const after = rest?.split(close)[1];
  if (after === undefined) throw new Error(`${page} has no ${open} ... ${close}`);
  fs.writeFileSync(page, `${before}${open}\n\n${table(rows)}\n\n${close}${after}`);
}

const output = path.join(benchOutput, 'sparsity.json');
/** @type {Row[]} */
let rows = [];
if (options.from) {
  rows = JSON.parse(fs.readFileSync(options.from, 'utf8')).rows;
} else {
  for (const folder of folders) {
    rows.push(measure(path.resolve(folder)));
    console.log(table(rows.slice(-1)).split('\n').at(-1));
    fs.writeFileSync(output, `${JSON.stringify({ rows }, null, 2)}\n`);
  }
}
if (options.docs || options.from) write(rows);
console.log(`\n${table(rows)}`);
