// Public models, converted as they come, beside the outputs of onnxruntime that lie with them: error in float32 and in int8 at
// default settings, and bytes. `ZOO` is a folder with a folder a model: NAME/NAME.onnx, cal/K.in.INPUT.npy to calibrate on,
// test/ and alt/ (another batch, length or size) with K.in.INPUT.npy and K.out.OUTPUT.npy to judge by. Options that a model's inputs
// demand are in zoo.json; what onnxruntime's static quantizer makes of the same samples (peer_static_int8.py) is in zoo-peer.json.
// Usage: node zoo.mjs [--write] [NAME...]; writes build/zoo.json, with --write docs/models.md too.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseNpy } from '../lib/npy.mjs';
import { parseModel } from '../lib/onnx.mjs';
import { benchOutput, edgy, root } from '../lib/paths.mjs';

const folder = process.env.ZOO ?? path.join(root, 'build/zoo');
const options = JSON.parse(fs.readFileSync(new URL('zoo.json', import.meta.url), 'utf8'));
const peer = JSON.parse(fs.readFileSync(new URL('zoo-peer.json', import.meta.url), 'utf8'));
const output = path.join(benchOutput, 'zoo.json');

/** Samples of NAME/test or NAME/alt: { inputs: { name: file }, outputs: { name: file } } each. */
function samplesOf(/** @type {string} */ at) {
  if (!fs.existsSync(at)) return [];
  /** @type {Record<string, { inputs: Record<string, string>, outputs: Record<string, string> }>} */
  const samples = {};
  for (const file of fs.readdirSync(at)) {
    const [, sample, kind, name] = file.match(/^(\d+)\.(in|out)\.(.+)\.npy$/) ?? [];
    if (!sample) continue;
    samples[sample] ??= { inputs: {}, outputs: {} };
    samples[sample][kind === 'in' ? 'inputs' : 'outputs'][name] = path.join(at, file);
  }
  return Object.values(samples);
}

/** A name as files have it: some keep ':'. */
const fileSafe = (/** @type {string} */ name) => name.replaceAll(/[/:\\]/g, '_');

/** Inputs of an ONNX model by the names that files have, but those that `given` options make constants. */
function inputNames(/** @type {string} */ onnx, /** @type {string[]} */ given) {
  const constants = given.filter((_, i) => given[i - 1] === '--constant').map((text) => text.split('=')[0]);
  const { graph } = parseModel(fs.readFileSync(onnx));
  const names = graph.input.map((/** @type {{ name: string }} */ { name }) => name);
  const left = names.filter((/** @type {string} */ name) => !constants.includes(name));
  return Object.fromEntries(left.map((/** @type {string} */ name) => [fileSafe(name), name]));
}

/** The largest difference of an output to its reference, over the reference's largest magnitude; of all samples the worst. */
function worstError(
  /** @type {string} */ model,
  /** @type {Record<string, string>} */ names,
  /** @type {ReturnType<typeof samplesOf>} */ samples,
  /** @type {string} */ scratch,
) {
  let worst = 0;
  for (const { inputs, outputs } of samples) {
    const given = Object.entries(inputs).filter(([name]) => names[fileSafe(name)]);
    const feeds = given.flatMap(([name, file]) => ['--input', `${names[fileSafe(name)]}=${file}`]);
    const out = path.join(scratch, 'out');
    execFileSync(edgy, ['run', model, ...feeds, '-o', out], { stdio: 'pipe' });
    for (const [name, file] of Object.entries(outputs)) {
      const [y, right] = [path.join(out, `${fileSafe(name)}.npy`), file].map((npy) => parseNpy(fs.readFileSync(npy)));
      if (y.dims.join() !== right.dims.join()) throw new Error(`${name} is [${y.dims}], right is [${right.dims}]`);
      let [difference, magnitude] = [0, Number.MIN_VALUE];
      for (let i = 0; i < right.data.length; i++) {
        const [a, b] = [Number(y.data[i]), Number(right.data[i])];
        difference = Math.max(difference, Number.isFinite(a) ? Math.abs(a - b) : Number.POSITIVE_INFINITY);
        magnitude = Math.max(magnitude, Math.abs(b));
      }
      worst = Math.max(worst, difference / magnitude);
    }
  }
  return worst;
}

/** What becomes of a model: its bytes and errors, or why it is refused. */
function measure(/** @type {string} */ name, /** @type {string} */ scratch) {
  const at = path.join(folder, name);
  const onnx = path.join(at, `${name}.onnx`);
  const samples = ['test', 'alt'].flatMap((kind) => samplesOf(path.join(at, kind)));
  const names = inputNames(onnx, options[name] ?? []);
  const convert = (/** @type {string[]} */ more) => {
    const model = path.join(scratch, 'model.edgy');
    const made = spawnSync(edgy, ['convert', onnx, '-o', model, ...(options[name] ?? []), ...more], {
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(made.stderr.replaceAll(onnx, `${name}.onnx`).trim());
    return { bytes: fs.statSync(model).size, error: worstError(model, names, samples, scratch) };
  };
  /** @type {Record<string, any>} */
  const row = { name, options: options[name] ?? [], samples: samples.length, onnxBytes: fs.statSync(onnx).size };
  for (const [key, more] of /** @type {const} */ ([
    ['float32', ['--precision', 'f32']],
    ['int8', ['--calibration', path.join(at, 'cal')]],
  ])) {
    try {
      row[key] = convert([...more]);
    } catch (error) {
      row[key] = { refused: error instanceof Error ? error.message : String(error) };
    }
  }
  return row;
}

const short = (/** @type {number | undefined} */ error) => (error === undefined ? '–' : error.toExponential(1));
/** onnxruntime's int8 of a model: its error and bytes, in the words of a table. */
function peerOf(/** @type {string} */ name) {
  const row = peer.models[name];
  if (!row) return { error: '–', bytes: '–' };
  if (row.refused) return { error: 'refused', bytes: '–' };
  return { error: row.error === 'infinite' ? '∞' : short(row.error), bytes: row.bytes };
}
const percent = (/** @type {number} */ part, /** @type {number} */ whole) => `${((100 * part) / whole).toFixed(0)} %`;

function pageOf(/** @type {Record<string, any>[]} */ rows) {
  const line = (/** @type {Record<string, any>} */ { name, options: given, onnxBytes, float32, int8 }) =>
    `| ${name} | ${given.length ? `\`${given.join(' ')}\`` : ''} | ${onnxBytes} | ${float32.refused ? 'refused' : short(float32.error)} | ${
      int8.refused ? 'refused' : short(int8.error)
    } | ${peerOf(name).error} | ${int8.bytes ?? '–'} | ${peerOf(name).bytes} | ${int8.bytes ? percent(int8.bytes, onnxBytes) : '–'} |`;
  return `# Public models

Written by \`make zoo\`: models as people use them, converted as they come. *Error*: the largest difference of an output to
onnxruntime's, over that output's largest magnitude, of all held-out samples and shapes the worst. int8 is by default settings,
calibrated on the samples that lie with the model for that. Beside it onnxruntime ${peer.onnxruntime}'s static quantizer on the same samples
(QDQ, a scale a channel where it can, its defaults: \`tests/accuracy/peer_static_int8.py\`). ∞: an output whose reference is zeros alone.
Outputs that are probabilities near 0 everywhere have large relative errors in float32, too: there an absolute error of 1e-7, that of
float32 beside 1, is what counts (\`ppocr_det\`).

Errors of int8 on these samples were seen while the default of \`min_output_sqnr_db\` was chosen
([decision 67](decisions/0067-an-eighth-bit-where-outputs-need-it.md)): beside onnxruntime's they are not a blind test.

| model | options | ONNX bytes | float32 error | int8 error | onnxruntime's int8 error | int8 bytes | onnxruntime's int8 bytes | of ONNX |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map(line).join('\n')}
`;
}

const words = process.argv.slice(2);
if (!fs.existsSync(folder)) {
  console.log(`${folder} is not there: name a folder of models in ZOO`);
} else {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-zoo-'));
  const wanted = words.filter((word) => !word.startsWith('--'));
  const names = fs
    .readdirSync(folder)
    .filter(
      (name) => fs.existsSync(path.join(folder, name, `${name}.onnx`)) && (!wanted.length || wanted.includes(name)),
    );
  const rows = [];
  for (const name of names) {
    const row = measure(name, scratch);
    rows.push(row);
    const { float32, int8, onnxBytes } = row;
    console.log(
      `${name.padEnd(22)} f32 ${short(float32.error)}  int8 ${short(int8.error)}  ${int8.bytes ? percent(int8.bytes, onnxBytes) : '–'}`,
    );
    for (const refused of new Set([float32.refused, int8.refused])) if (refused) console.log(`  ${refused}`);
  }
  fs.rmSync(scratch, { recursive: true, force: true });
  fs.mkdirSync(benchOutput, { recursive: true });
  fs.writeFileSync(output, `${JSON.stringify(rows, null, 2)}\n`);
  if (words.includes('--write')) fs.writeFileSync(path.join(root, 'docs/models.md'), pageOf(rows));
}
