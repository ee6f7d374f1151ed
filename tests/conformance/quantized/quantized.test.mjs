// Models that were quantized before they came to Edgy give onnxruntime's results: within one step of the output's quantizer for
// 99.9 % of the values. Prints the shares.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import * as ort from 'onnxruntime-web';
import { formatNpy, parseNpy, parseNpz } from '../../lib/npy.mjs';
import { formatModel, parseModel, valueInfo } from '../../lib/onnx.mjs';
import { edgy, reference, root } from '../../lib/paths.mjs';
import { cnn, dense, dynamic, fakeQuantized, random, sequence } from './models.mjs';
import { parameters, quantizeStatic } from './quantizer.mjs';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-quantized-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const product = (dims) => dims.reduce((a, b) => a * b, 1);

async function runOrt(model, feeds) {
  const session = await ort.InferenceSession.create(formatModel(model), { executionProviders: ['wasm'] });
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([k, v]) => [k, new ort.Tensor('float32', v.data, v.dims)]),
  );
  const outputs = await session.run(inputs);
  await session.release();
  return outputs;
}

/** Outputs of `edgy run` on the converted model, and what the converter said. */
function runEdgy(name, model, feeds) {
  const onnx = path.join(folder, `${name}.onnx`);
  const converted = path.join(folder, `${name}.edgy`);
  fs.writeFileSync(onnx, formatModel(model));
  const log = path.join(folder, `${name}.log`);
  const sink = fs.openSync(log, 'w');
  execFileSync(edgy, ['convert', onnx, '-o', converted], { stdio: ['ignore', 'ignore', sink] });
  const inputs = Object.entries(feeds).flatMap(([input, { data, dims }]) => {
    const file = path.join(folder, `${name}.${input}.npy`);
    fs.writeFileSync(file, formatNpy(data, dims));
    return ['--input', `${input}=${file}`];
  });
  const out = path.join(folder, name);
  execFileSync(edgy, ['run', converted, ...inputs, '-o', out]);
  const info = JSON.parse(execFileSync(edgy, ['inspect', converted, '--json'], { encoding: 'utf8' }));
  return {
    read: (output) => parseNpy(fs.readFileSync(path.join(out, `${output}.npy`))),
    log: fs.readFileSync(log, 'utf8'),
    info,
  };
}

/** Ranges of all values between nodes, measured on the float model. */
async function measureRanges(model, feeds) {
  // Indices have no range.
  const made = model.graph.node.filter(({ opType }) => !/^Arg/.test(opType)).flatMap((n) => n.output);
  const output = made.map((name) => ({ name, type: { tensorType: { elemType: 1 } } }));
  const values = await runOrt({ ...model, graph: { ...model.graph, output } }, feeds);
  const all = { ...values, ...feeds };
  return Object.fromEntries(
    Object.entries(all).map(([name, v]) => [
      name,
      [v.data.reduce((a, b) => Math.min(a, b)), v.data.reduce((a, b) => Math.max(a, b))],
    ]),
  );
}

function compare(actual, expected, step) {
  let worst = 0;
  let within = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / step;
    worst = Math.max(worst, error);
    if (error <= 1.001) within++;
  }
  return { share: within / expected.length, worst };
}

function report(t, what, { share, worst }) {
  t.diagnostic(`${what}: ${(100 * share).toFixed(3)} % within one step, worst ${worst.toFixed(2)} steps`);
  assert.ok(share >= 0.999, `${what}: only ${100 * share} % of the values are within one step`);
}

const noise = (dims, seed) => {
  const next = random(seed);
  return { dims, data: Float32Array.from({ length: product(dims) }, next) };
};

const forms = [
  { format: 'qdq', activations: 'uint8', weights: 'int8', perChannel: true },
  { format: 'qdq', activations: 'uint8', weights: 'int8', perChannel: false },
  { format: 'qdq', activations: 'int8', weights: 'int8', perChannel: true },
  { format: 'qdq', activations: 'uint8', weights: 'uint8', perChannel: false },
  { format: 'qoperator', activations: 'uint8', weights: 'int8', perChannel: true },
  { format: 'qoperator', activations: 'int8', weights: 'int8', perChannel: true },
  { format: 'qoperator', activations: 'uint8', weights: 'uint8', perChannel: false },
];

for (const [name, make] of Object.entries({ cnn, sequence, dense })) {
  for (const form of forms) {
    const label = [name, form.format, form.activations, form.weights, form.perChannel ? 'channel' : 'tensor'].join('-');
    test(label, async (t) => {
      const { model, input, dims } = make();
      const feeds = { [input]: noise(dims, 77) };
      const ranges = await measureRanges(model, feeds);
      const quantized = quantizeStatic(model, ranges, form);
      const output = model.graph.output[0].name;
      const expected = (await runOrt(quantized, feeds))[output];
      const edgyRun = runEdgy(label, quantized, feeds);
      const step = parameters(...ranges[output], form.activations, false).scale;
      report(t, label, compare(edgyRun.read(output).data, expected.data, step));
      // Symmetric weights stay integers.
      if (form.weights === 'int8') assert.doesNotMatch(edgyRun.log, /in float32/);
    });
  }
}

test('int4 weights stay int4', async (t) => {
  const { model, input, dims } = dense();
  const feeds = { [input]: noise(dims, 78) };
  const ranges = await measureRanges(model, feeds);
  const quantized = quantizeStatic(model, ranges, {
    format: 'qdq',
    activations: 'uint8',
    weights: 'int4',
    perChannel: true,
  });
  const expected = (await runOrt(quantized, feeds)).y;
  const edgyRun = runEdgy('int4', quantized, feeds);
  report(t, 'int4', compare(edgyRun.read('y').data, expected.data, parameters(...ranges.y, 'uint8', false).scale));
  assert.match(edgyRun.log, /2 layers compute in integers/);
});

for (const [name, make, options] of [
  ['dense', dense, { weights: 'int8', perChannel: true }],
  ['dense', dense, { weights: 'uint8', perChannel: false }],
  ['sequence', sequence, { weights: 'uint8', perChannel: false }],
]) {
  const label = `dynamic-${name}-${options.weights}`;
  test(label, async (t) => {
    const { model, input, dims } = dynamic(make(), options);
    const feeds = { [input]: noise(dims, 79) };
    const expected = (await runOrt(model, feeds)).y;
    // No quantizer at the output: its step would be a 255th of its range.
    const [low, high] = [
      expected.data.reduce((a, b) => Math.min(a, b)),
      expected.data.reduce((a, b) => Math.max(a, b)),
    ];
    report(t, label, compare(runEdgy(label, model, feeds).read('y').data, expected.data, (high - low) / 255));
  });
}

for (const [name, make] of Object.entries({ cnn, sequence, dense })) {
  test(`fake-quantize-${name}`, async (t) => {
    const { model, input, dims } = make();
    const feeds = { [input]: noise(dims, 80) };
    const ranges = await measureRanges(model, feeds);
    const quantized = quantizeStatic(model, ranges, forms[0]);
    const output = model.graph.output[0].name;
    // onnxruntime does not have FakeQuantize; the pairs it stands for are the reference.
    const expected = (await runOrt(quantized, feeds))[output];
    const edgyRun = runEdgy(`fq-${name}`, fakeQuantized(quantized), feeds);
    report(
      t,
      `fake-quantize-${name}`,
      compare(edgyRun.read(output).data, expected.data, parameters(...ranges[output], 'uint8', false).scale),
    );
    assert.doesNotMatch(edgyRun.log, /in float32/);
  });
}

test("EDGY's encoder on real speech, as onnxruntime quantizes it", async (t) => {
  const model = parseModel(fs.readFileSync(path.join(root, 'tests/data/models/edgy-256.onnx')));
  // z alone: codes jump where z moves by a step.
  model.graph.output = [valueInfo('z', [1, 64, -1])];
  const recordings = parseNpz(fs.readFileSync(reference));
  const mels = Object.keys(recordings).filter(
    (key) => recordings[key].dims.length >= 2 && recordings[key].dims.includes(80),
  );
  const mel = recordings[mels[0]];
  const feeds = {
    mel: { data: Float32Array.from(mel.data), dims: mel.dims.length === 3 ? mel.dims : [1, ...mel.dims] },
  };
  const ranges = await measureRanges(model, feeds);
  for (const form of [forms[0], forms[4]]) {
    const quantized = quantizeStatic(model, ranges, form);
    const expected = (await runOrt(quantized, feeds)).z;
    const edgyRun = runEdgy(`encoder-${form.format}`, quantized, feeds);
    report(
      t,
      `encoder ${form.format}`,
      compare(edgyRun.read('z').data, expected.data, parameters(...ranges.z, 'uint8', false).scale),
    );
    assert.match(edgyRun.log, /6 layers compute in integers/);
  }
});
