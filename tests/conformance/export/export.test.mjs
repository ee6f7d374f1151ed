// `edgy export`: onnxruntime gives from the exported file what Edgy gives from its own, and Edgy converts it back to the same integers.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import * as ort from 'onnxruntime-web';
import { formatNpy, parseNpy, parseNpz } from '../../lib/npy.mjs';
import { formatModel } from '../../lib/onnx.mjs';
import { edgy, models, reference } from '../../lib/paths.mjs';
import { cnn, dense, random, sequence } from '../quantized/models.mjs';
import { everyOperator } from './models.mjs';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-export-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const at = (...parts) => path.join(folder, ...parts);

const product = (dims) => dims.reduce((a, b) => a * b, 1);
const noise = (dims, seed) => ({ dims, data: Float32Array.from({ length: product(dims) }, random(seed)) });

async function runOrt(file, feeds) {
  const session = await ort.InferenceSession.create(fs.readFileSync(file), { executionProviders: ['wasm'] });
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([k, v]) => [k, new ort.Tensor('float32', v.data, v.dims)]),
  );
  const outputs = await session.run(inputs);
  await session.release();
  return outputs;
}

/** Outputs of `edgy run`, by name. */
function runEdgy(model, feeds, outputs) {
  const out = `${model}.out`;
  const inputs = Object.entries(feeds).flatMap(([input, { data, dims }]) => {
    fs.writeFileSync(`${model}.${input}.npy`, formatNpy(data, dims));
    return ['--input', `${input}=${model}.${input}.npy`];
  });
  execFileSync(edgy, ['run', model, ...inputs, '-o', out]);
  return Object.fromEntries(outputs.map((name) => [name, parseNpy(fs.readFileSync(path.join(out, `${name}.npy`)))]));
}

const inspect = (model) => JSON.parse(execFileSync(edgy, ['inspect', model, '--json'], { encoding: 'utf8' }));

/** Worst difference and the share of values within `step`. */
function compare(actual, expected, step) {
  assert.equal(actual.length, expected.length);
  let worst = 0;
  let within = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(Number(actual[i]) - Number(expected[i]));
    worst = Math.max(worst, error);
    if (error <= step * 1.001) within++;
  }
  return { worst, share: within / expected.length };
}

const range = (values) => {
  const numbers = Array.from(values, Number);
  return numbers.reduce((a, b) => Math.max(a, b)) - numbers.reduce((a, b) => Math.min(a, b));
};

/** Converts `model` on noise, exports it, and converts what was exported. */
function roundTrip(label, { model, input, dims }, config) {
  fs.writeFileSync(at(`${label}.onnx`), formatModel(model));
  const convert = ['convert', at(`${label}.onnx`), '-o', at(`${label}.edgy`)];
  if (config) {
    fs.mkdirSync(at(label));
    for (let i = 0; i < 4; i++) {
      const { data } = noise(dims, 10 + i);
      fs.writeFileSync(at(label, `${i}.${input}.npy`), formatNpy(data, dims));
    }
    fs.writeFileSync(at(`${label}.json`), JSON.stringify(config));
    execFileSync(edgy, [...convert, '--calibration', at(label), '--config', at(`${label}.json`)], { stdio: 'pipe' });
  } else {
    execFileSync(edgy, [...convert, '--precision', 'f32'], { stdio: 'pipe' });
  }
  execFileSync(edgy, ['export', at(`${label}.edgy`), '-o', at(`${label}.back.onnx`)], { stdio: 'pipe' });
  const back = ['convert', at(`${label}.back.onnx`), '-o', at(`${label}.back.edgy`)];
  execFileSync(edgy, config ? back : [...back, '--precision', 'f32'], { stdio: 'pipe' });
  return { feeds: { [input]: noise(dims, 99) } };
}

for (const [name, make] of Object.entries({ cnn, sequence, dense })) {
  for (const [form, config] of Object.entries({
    int8: {},
    int4: { weight_bits: 4 },
    sparse: { pruning: { sparsity: 0.5 } },
    half: { float_storage: 'f16' },
  })) {
    test(`${name} ${form}`, async (t) => {
      const label = `${name}-${form}`;
      // Weights on noise lose more than trained ones do: layers become int8 all the same.
      const { feeds } = roundTrip(label, make(), { ...config, min_layer_sqnr_db: 0 });
      const own = runEdgy(at(`${label}.edgy`), feeds, ['y']).y;
      const theirs = (await runOrt(at(`${label}.back.onnx`), feeds)).y;
      assert.deepEqual(theirs.dims.map(Number), [...own.dims]);
      // Where an integer in between falls on the other side of a half, the output moves by a part of its range.
      const { worst, share } = compare(own.data, theirs.data, range(theirs.data) / 127);
      t.diagnostic(
        `${label}: ${(100 * share).toFixed(2)} % within a 127th of the range, worst ${worst.toPrecision(3)}`,
      );
      assert.ok(share >= 0.999, `${share}`);
      const back = runEdgy(at(`${label}.back.edgy`), feeds, ['y']).y;
      assert.deepEqual(back.data, own.data, 'what was converted back gives other numbers');
      const layers = (file) =>
        inspect(file).operators.flatMap(({ kind, type }) => (/Conv2D|Dense/.test(kind) ? [`${kind} ${type}`] : []));
      assert.ok(layers(at(`${label}.edgy`)).some((layer) => layer.endsWith('I8')));
      assert.deepEqual(layers(at(`${label}.back.edgy`)), layers(at(`${label}.edgy`)));
    });
  }
}

test('every operator in float32', async (t) => {
  const { model, input, dims, outputs } = everyOperator();
  const { feeds } = roundTrip('every', { model, input, dims });
  const own = runEdgy(at('every.edgy'), feeds, outputs);
  const theirs = await runOrt(at('every.back.onnx'), feeds);
  const back = runEdgy(at('every.back.edgy'), feeds, outputs);
  for (const output of outputs) {
    const { worst } = compare(own[output].data, theirs[output].data, 0);
    t.diagnostic(`${output}: ${worst}`);
    assert.ok(worst <= 1e-5 * Math.max(1, range(theirs[output].data)), `${output}: ${worst}`);
    assert.ok(compare(own[output].data, back[output].data, 0).worst <= 1e-6 * Math.max(1, range(back[output].data)));
  }
});

for (const form of ['int8', 'sparse', 'f32']) {
  test(`edgy-256 ${form} on real speech`, async (t) => {
    const model = path.join(models, `edgy-256-${form}.edgy`);
    const exported = spawnSync(edgy, ['export', model, '-o', at(`256-${form}.onnx`)], { encoding: 'utf8' });
    assert.equal(exported.status, 0, exported.stderr);
    assert.match(exported.stderr, /note: the audio front end is no part of it/);
    execFileSync(
      edgy,
      [
        'convert',
        at(`256-${form}.onnx`),
        '-o',
        at(`256-${form}.edgy`),
        ...(form === 'f32' ? ['--precision', 'f32'] : []),
      ],
      { stdio: 'pipe' },
    );
    const recordings = parseNpz(fs.readFileSync(reference));
    const mel = Object.values(recordings).find(({ dims }) => dims.length >= 2 && dims.includes(80));
    const feeds = {
      mel: { data: Float32Array.from(mel.data), dims: mel.dims.length === 3 ? mel.dims : [1, ...mel.dims] },
    };
    fs.copyFileSync(model, at(`own-${form}.edgy`));
    const own = runEdgy(at(`own-${form}.edgy`), feeds, ['z', 'indices']);
    const theirs = await runOrt(at(`256-${form}.onnx`), feeds);
    const z = compare(own.z.data, theirs.z.data, range(theirs.z.data) / 127);
    const codes = compare(own.indices.data, theirs.indices.data, 0);
    t.diagnostic(
      `${form}: z ${(100 * z.share).toFixed(2)} % within a step, codes ${(100 * codes.share).toFixed(2)} % equal`,
    );
    assert.ok(z.share >= 0.999);
    const back = runEdgy(at(`256-${form}.edgy`), feeds, ['z', 'indices']);
    assert.deepEqual(back.z.data, own.z.data);
    assert.deepEqual(back.indices.data, own.indices.data);
  });
}

test('an output over the model itself, or a file that is no model, is refused', () => {
  const model = at('own-f32.edgy');
  const over = spawnSync(edgy, ['export', model, '-o', model], { encoding: 'utf8' });
  assert.equal(over.status, 1);
  assert.match(over.stderr, /give the output another name/);
  const none = spawnSync(edgy, ['export', at('cnn-int8.onnx'), '-o', at('none.onnx')], { encoding: 'utf8' });
  assert.equal(none.status, 1);
  assert.match(none.stderr, /no \.edgy model/);
  assert.ok(!fs.existsSync(at('none.onnx')));
});
