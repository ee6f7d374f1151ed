// A step of `edgy finetune` beside the same step in plain PyTorch (finetune_step.py), in turns. Needs Debian's python3-torch.
//
//   node tests/bench/finetune-step.mjs --prepare [--model FILE.onnx]    makes the sparse start that both train
//   node tests/bench/finetune-step.mjs [--model FILE.onnx] [--rounds 3] measures; nothing else should run meanwhile
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { edgy, root, speech } from '../lib/paths.mjs';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: path.join(root, 'tests/data/models/edgy-256.onnx') },
    edgy: { type: 'string', default: edgy },
    python: { type: 'string', default: '/usr/bin/python3' },
    steps: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    prepare: { type: 'boolean', default: false },
  },
});
const [batch, frames] = [8, 128];
const folder = path.join(root, 'build/finetune-step');
const name = path.basename(options.model, '.onnx');
const start = path.join(folder, `${name}.edgy`);
mkdirSync(folder, { recursive: true });

/** @param {string} program @param {string[]} args */
const run = (program, ...args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

if (options.prepare || !existsSync(start)) {
  const config = path.join(folder, 'config.json');
  const pruning = { sparsity: 0.8, method: 'magnitude', allocation: 'uniform' };
  writeFileSync(config, JSON.stringify({ calibration_samples: 8, min_layer_sqnr_db: 0, pruning }));
  run(options.edgy, 'convert', options.model, '-o', start, '--config', config, '--calibration', speech);
}
const layers = JSON.parse(run(options.edgy, 'inspect', start, '--json')).operators;
const channels = layers.find((/** @type {any} */ op) => op.kind === 'Conv2D').output.at(-1);

function ours() {
  const output = path.join(folder, 'out.edgy');
  rmSync(`${output}.run`, { recursive: true, force: true });
  const size = ['--batch', String(batch), '--crop', String(frames), '--epochs', '1', '--epoch-steps', options.steps];
  run(options.edgy, 'finetune', options.model, '-o', output, '--from', start, '--data', speech, ...size);
  return 1000 * JSON.parse(readFileSync(path.join(`${output}.run`, 'log.json'), 'utf8')).median_step_seconds;
}

function theirs() {
  const step = path.join(root, 'tests/bench/finetune_step.py');
  const said = run(options.python, step, ...[channels, batch, frames, options.steps].map(String));
  return Number(/: ([\d.]+) ms a step/.exec(said)?.[1]);
}

if (!options.prepare) {
  // What disturbs a run makes it slower, never faster: the least of the rounds' medians is compared.
  const least = [Infinity, Infinity];
  for (let round = 0; round < Number(options.rounds); ++round) {
    const [own, plain] = round % 2 ? [theirs(), ours()].reverse() : [ours(), theirs()];
    least[0] = Math.min(least[0], own);
    least[1] = Math.min(least[1], plain);
    console.log(`round ${round + 1}: edgy finetune ${own.toFixed(0)} ms a step, plain PyTorch ${plain.toFixed(0)} ms`);
  }
  const what = `${channels} channels, ${batch} crops of ${frames} frames`;
  const [own, plain] = least;
  console.log(`${what}: ${own.toFixed(0)} ms beside ${plain.toFixed(0)} ms, ${(own / plain).toFixed(2)} times as long`);
}
