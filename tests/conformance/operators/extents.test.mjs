// Models that take some extents alone: what `edgy inspect` makes of them, and what a refusal suggests.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { attributes, tensor } from '../../lib/onnx.mjs';
import { edgy } from '../../lib/paths.mjs';
import { info, model, string } from './agrees.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-extents-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const [onnx, file] = ['model.onnx', 'model.edgy'].map((name) => path.join(folder, name));
const run = (/** @type {string[]} */ ...words) => spawnSync(edgy, words, { encoding: 'utf8' });
const nearest = [
  string('mode', 'nearest'),
  string('coordinate_transformation_mode', 'asymmetric'),
  string('nearest_mode', 'floor'),
];

test('an image that is halved three times: inspected at 128, and --dynamic is named for others', () => {
  const node = [
    {
      opType: 'AveragePool',
      input: ['x'],
      output: ['small'],
      attribute: attributes({ kernel_shape: [8, 8], strides: [8, 8] }),
    },
    { opType: 'Resize', input: ['small', '', 's'], output: ['large'], attribute: nearest },
    { opType: 'Add', input: ['x', 'large'], output: ['y'] },
  ];
  const scales = [tensor('s', 'float32', [4], [1, 1, 8, 8])];
  fs.writeFileSync(onnx, model(node, [info('x', [1, 2, 'H', 'W'])], [info('y', [1, 2, 'H', 'W'])], scales));
  const made = run('convert', onnx, '-o', file, '--precision', 'f32');
  assert.equal(made.status, 0, made.stderr);
  assert.match(run('inspect', file).stdout, /where dynamic extents are 128/);
  assert.equal(run('inspect', file, '--dynamic', '64').status, 0);
  assert.match(run('inspect', file, '--dynamic', '100').stderr, /are 100 here: --dynamic takes others/);
});

test('a refusal for extents suggests --shape with the names that they have', () => {
  const node = [
    { opType: 'Shape', input: ['x'], output: ['shape'] },
    { opType: 'Gather', input: ['shape', 'two'], output: ['height'] },
    { opType: 'Cast', input: ['height'], output: ['count'], attribute: attributes({ to: 1 }) },
    { opType: 'Mul', input: ['x', 'count'], output: ['y'] },
  ];
  const two = [tensor('two', 'int64', [], [2])];
  fs.writeFileSync(onnx, model(node, [info('x', ['N', 3, 'H', 'W'])], [info('y', ['N', 3, 'H', 'W'])], two));
  const refused = run('convert', onnx, '-o', file, '--precision', 'f32');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /--shape x=N,3,H,W with numbers/);
  const made = run('convert', onnx, '-o', file, '--precision', 'f32', '--shape', 'x=1,3,4,5');
  assert.equal(made.status, 0, made.stderr);
});
