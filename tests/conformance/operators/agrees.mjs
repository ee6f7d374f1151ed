// A model beside onnxruntime: what tests of operators share.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import * as ort from 'onnxruntime-web';
import { formatNpy, parseNpy } from '../../lib/npy.mjs';
import { formatModel } from '../../lib/onnx.mjs';
import { edgy } from '../../lib/paths.mjs';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'fatal';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-operators-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

export const product = (dims) => dims.reduce((a, b) => a * b, 1);
export const values = (draw, count) => Float32Array.from({ length: count }, () => (draw(2001) - 1000) / 500);

export const string = (name, text) => ({ name, s: new TextEncoder().encode(text), type: 3 });
export const float = (name, f) => ({ name, f, type: 1 });

/** A declared value; extents of `names` are dynamic. */
export const info = (name, dims, elemType = 1) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: {
        dim: dims.map((d) => (d === undefined ? {} : typeof d === 'string' ? { dimParam: d } : { dimValue: d })),
      },
    },
  },
});

export function model(node, inputs, outputs, initializer = [], opset = 19, domains = []) {
  return formatModel({
    irVersion: 9,
    opsetImport: [{ domain: '', version: opset }, ...domains],
    graph: { name: 'g', node, input: inputs, output: outputs, initializer },
  });
}

/** Converts, runs and compares with onnxruntime; a model that neither takes is no case. Returns whether it was one. `options` are those
 * of `edgy convert`. */
export async function agrees(name, bytes, feeds, { tolerance = 1e-4, options = [] } = {}) {
  let expected;
  try {
    const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'], logSeverityLevel: 4 });
    expected = await session.run(
      Object.fromEntries(
        Object.entries(feeds).map(([key, { data, dims, type }]) => [
          key,
          new ort.Tensor(type ?? 'float32', data, dims),
        ]),
      ),
    );
    await session.release();
  } catch {
    return false;
  }
  const onnx = path.join(folder, 'model.onnx');
  const converted = path.join(folder, 'model.edgy');
  fs.writeFileSync(onnx, bytes);
  const made = spawnSync(edgy, ['convert', onnx, '-o', converted, '--precision', 'f32', ...options], {
    encoding: 'utf8',
  });
  if (/disagree/.test(made.stderr)) return false; // and onnxruntime is one of the two
  assert.equal(made.status, 0, `${name}: ${made.stderr}`);
  const constants = options.filter((_, i) => options[i - 1] === '--constant').map((text) => text.split('=')[0]);
  const fed = Object.entries(feeds).filter(([key]) => !constants.includes(key));
  const inputs = fed.flatMap(([key, feed], i) => {
    const file = path.join(folder, `in${i}.npy`);
    fs.writeFileSync(file, npy(feed));
    return ['--input', `${key}=${file}`];
  });
  execFileSync(edgy, ['run', converted, ...inputs, '-o', path.join(folder, 'out')]);
  for (const [output, right] of Object.entries(expected)) {
    const y = parseNpy(fs.readFileSync(path.join(folder, 'out', `${output}.npy`)));
    assert.deepEqual([...y.dims], [...right.dims], name);
    for (let i = 0; i < y.data.length; i++) {
      const [a, b] = [Number(y.data[i]), Number(right.data[i])];
      assert.ok(
        Object.is(a, b) || Math.abs(a - b) <= tolerance * (1 + Math.abs(b)),
        `${name}: value ${i} is ${a}, right is ${b}`,
      );
    }
  }
  return true;
}

function npy({ data, dims, type }) {
  if (!type) return formatNpy(data, dims);
  const descr = { int64: '<i8', int32: '<i4', bool: '|b1', uint8: '|u1' }[type];
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }\n`;
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([head, Buffer.from(header), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}
