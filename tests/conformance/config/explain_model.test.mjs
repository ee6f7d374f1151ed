// `edgy config explain FILE MODEL`: what becomes of each layer of a model.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { edgy, root } from '../../lib/paths.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-explain-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const model = path.join(root, 'tests/data/models/edgy-256.onnx');

/** @param {object} algorithm */
function explain(algorithm, ...more) {
  const file = path.join(folder, 'config.json');
  fs.writeFileSync(file, JSON.stringify({ input_info: { sample_size: [1, 80, 100] }, compression: algorithm }));
  const result = spawnSync(edgy, ['config', 'explain', file, model, ...more], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stderr);
  return result;
}
const layersOf = (/** @type {object} */ algorithm) => JSON.parse(explain(algorithm, '--json').stdout).layers;

test('zeros fall into scopes, and names that mean nothing are said', () => {
  const params = { schedule: 'multistep', multistep_steps: [1], multistep_sparsity_levels: [0.1, 0.6] };
  const all = layersOf({ algorithm: 'magnitude_sparsity', params });
  assert.ok(all.length > 2);
  assert.ok(all.every((layer) => layer.zeros === 'part of 60 %' && layer.bits === '8'));
  const ignored_scopes = [all[0].layer, 'no such layer'];
  const scoped = explain({ algorithm: 'magnitude_sparsity', params, ignored_scopes });
  assert.ok(scoped.stdout.includes('outside the scopes'));
  assert.ok(scoped.stderr.includes("'no such layer' means no layer of this model"));
  for (const line of scoped.stdout.split('\n')) assert.ok(line.length <= 80, line);
});

test('filters and bits are those of the file', () => {
  const pruned = layersOf({ algorithm: 'filter_pruning', pruning_init: 0.1, params: { pruning_target: 0.5 } });
  assert.ok(pruned.some((layer) => layer.filters_left === layer.filters / 2));
  assert.ok(pruned.some((layer) => layer.filters_left === layer.filters));
  const name = pruned[1].layer;
  const overridden = layersOf({ algorithm: 'quantization', scope_overrides: { weights: { [name]: { bits: 4 } } } });
  assert.deepEqual(
    overridden.filter((layer) => layer.bits === '4').map((layer) => layer.layer),
    [name],
  );
});
