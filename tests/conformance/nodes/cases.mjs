// ONNX's own tests of single nodes and small models (Debian's libonnx-testdata) through `edgy convert --precision f32` and `edgy run`.
// Parameters are inputs of the graphs there: all but the first become initializers. Where what an input holds decides a shape (a
// window's size), all become initializers, and the graph gets an input that it hands through. By itself: node cases.mjs [NAME...]
// prints what becomes of each; --update adds what passes to passes.txt.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseNpy } from '../../lib/npy.mjs';
import { formatModel, parseModel, parseTensor, types, valueInfo } from '../../lib/onnx.mjs';
import { edgy } from '../../lib/paths.mjs';

export const data = process.env.ONNX_NODE_TESTS ?? '/usr/share/libonnx-testdata/data';
/** Folders of it; the names of cases in all but the first have the folder in front. */
const kinds = ['node', 'simple', 'pytorch-operator', 'pytorch-converted'];
const folderOf = (name) => {
  const [kind, rest] = name.includes('/') ? name.split('/') : ['node', name];
  return path.join(data, kind, `test_${rest}`);
};
/** Names of the cases that pass: may only grow. */
export const passes = path.join(path.dirname(fileURLToPath(import.meta.url)), 'passes.txt');
export const readPasses = () => fs.readFileSync(passes, 'utf8').split('\n').filter(Boolean);

const run = promisify(execFile);

/** What this project is not for: training, text, sequences of tensors, random numbers. */
const outOfScope =
  /^(simple\/)?(adagrad|adam|momentum|nesterov|bernoulli|training_|gradient_|optional_|sequence_|strnorm|tfidf|identity_(opt|sequence)|if_(opt|seq)|loop1[36]|.*STRING)/;

const descriptors = { float32: '<f4', int64: '<i8', int32: '<i4', uint8: '|u1', int8: '|i1', bool: '|b1' };
const typeOf = (id) => Object.entries(types).find(([, type]) => type.id === id)?.[0];

const fromHalf = (bits) => {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const magnitude =
    exponent === 31
      ? fraction
        ? Number.NaN
        : Number.POSITIVE_INFINITY
      : exponent
        ? (1 + fraction / 1024) * 2 ** (exponent - 15)
        : fraction * 2 ** -24;
  return bits & 0x8000 ? -magnitude : magnitude;
};
const fromBrain = (bits) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0];

/** float64, float16 and bfloat16 are computed in float32: [what is stored, how exact an answer in it is]. */
const floats = {
  1: [(tensor, bytes) => (bytes ? new Float32Array(bytes) : (tensor.floatData ?? [])), 1e-3],
  10: [(tensor, bytes) => [...(bytes ? new Uint16Array(bytes) : tensor.int32Data)].map(fromHalf), 2e-3],
  11: [(tensor, bytes) => (bytes ? new Float64Array(bytes) : (tensor.doubleData ?? [])), 1e-3],
  16: [(tensor, bytes) => [...(bytes ? new Uint16Array(bytes) : tensor.int32Data)].map(fromBrain), 1e-2],
};

/** A TensorProto as { name, type, dims, data, tolerance }; nothing for types that are not read. */
function readValue(tensor) {
  if (floats[tensor.dataType]) {
    const [read, tolerance] = floats[tensor.dataType];
    const bytes = tensor.rawData?.length ? Uint8Array.from(tensor.rawData).buffer : undefined;
    const values = Float32Array.from(read(tensor, bytes));
    return { name: tensor.name, type: 'float32', dims: tensor.dims.map(Number), data: values, tolerance };
  }
  const type = typeOf(tensor.dataType);
  if (!descriptors[type]) return undefined;
  const { array } = types[type];
  const dims = tensor.dims.map(Number);
  if (tensor.rawData?.length) {
    return { name: tensor.name, type, dims, data: new array(Uint8Array.from(tensor.rawData).buffer) };
  }
  const listed = [tensor.floatData, tensor.int64Data, tensor.int32Data].find((list) => list?.length) ?? [];
  return { name: tensor.name, type, dims, data: array.from(listed, type === 'int64' ? BigInt : Number) };
}

function writeNpy(file, { type, dims, data: values }) {
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const header = `{'descr': '${descriptors[type]}', 'fortran_order': False, 'shape': (${shape}), }\n`;
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  fs.writeFileSync(file, Buffer.concat([head, Buffer.from(header), bytes]));
}

const readTensors = (folder, kind) =>
  fs
    .readdirSync(folder)
    .filter((file) => file.startsWith(kind))
    .sort((a, b) => Number(a.match(/\d+/)) - Number(b.match(/\d+/)))
    .map((file) => parseTensor(fs.readFileSync(path.join(folder, file))));

/** Why an output is not the one expected; nothing if it is. */
function difference(actual, expected) {
  if (actual.dims.join() !== expected.dims.join()) return `shape [${actual.dims}], right is [${expected.dims}]`;
  if (actual.type !== expected.type) return `type ${actual.type}, right is ${expected.type}`;
  for (let i = 0; i < expected.data.length; i++) {
    const [y, right] = [Number(actual.data[i]), Number(expected.data[i])];
    const room = 1e-5 + (expected.tolerance ?? 0) * Math.abs(right);
    const same = Object.is(y, right) || y === right || Math.abs(y - right) <= room;
    if (!same) return `value ${i} is ${y}, right is ${right}`;
  }
  return undefined;
}

const words = (error) => String(error.stderr || error.message).trim();

const isFloat = (tensor) => floats[tensor.dataType] !== undefined;

/**
 * { outcome: 'pass' | 'refused' | 'wrong' | 'out of scope', reason }
 * @param {string} name without test_ @param {string} scratch a folder
 */
export async function runCase(name, scratch) {
  if (outOfScope.test(name)) return { outcome: 'out of scope', reason: '' };
  const folder = folderOf(name);
  const source = fs.readFileSync(path.join(folder, 'model.onnx'));
  const model = parseModel(source);
  const sets = path.join(folder, 'test_data_set_0');
  let inputs;
  let outputs;
  try {
    [inputs, outputs] = [readTensors(sets, 'input'), readTensors(sets, 'output')];
  } catch {
    return { outcome: 'out of scope', reason: 'its data are no tensors' };
  }
  const names = model.graph.input.map((input) => input.name);
  const given = inputs.map((tensor, i) => ({ ...tensor, name: names[i] }));
  // The first float input is what moves; of a model without one, the first there is.
  const moving =
    given.find((tensor) => isFloat(tensor) && tensor.dims.every((extent) => Number(extent) > 0)) ??
    given.find((tensor) => descriptors[typeOf(tensor.dataType)]);
  const at = path.join(scratch, name);
  fs.mkdirSync(at, { recursive: true });
  const onnx = path.join(at, 'model.onnx');
  // Messages of protobuf that follow each other are one: the initializers are added to what is there.
  const convert = async (graph) => {
    fs.writeFileSync(onnx, Buffer.concat([source, formatModel({ graph })]));
    try {
      await run(edgy, ['convert', onnx, '-o', path.join(at, 'model.edgy'), '--precision', 'f32']);
      return undefined;
    } catch (error) {
      return { outcome: error.code === 1 ? 'refused' : 'wrong', reason: words(error).replaceAll(`${onnx}: `, '') };
    }
  };
  let fed = moving && { ...readValue(moving), name: moving.name };
  const refused = moving
    ? await convert({ initializer: given.filter((tensor) => tensor !== moving) })
    : { outcome: 'refused', reason: 'no input' };
  if (refused) {
    fed = { name: 'handed through', type: 'float32', dims: [1], data: Float32Array.of(1) };
    const through = {
      initializer: given,
      input: [valueInfo(fed.name, [1])],
      output: [valueInfo('out of it', [1])],
      node: [{ opType: 'Identity', input: [fed.name], output: ['out of it'] }],
    };
    if (refused.outcome !== 'refused' || (await convert(through))) return refused;
  }
  const feed = path.join(at, 'input.npy');
  writeNpy(feed, fed);
  try {
    await run(edgy, ['run', path.join(at, 'model.edgy'), '-i', `${fed.name}=${feed}`, '-o', path.join(at, 'out')]);
  } catch (error) {
    return { outcome: 'wrong', reason: `converts and does not run: ${words(error)}` };
  }
  for (const [i, { name: output, type }] of model.graph.output.entries()) {
    // Values of bfloat16 are kept as their bits, under the type of an integer.
    const brain = type?.tensorType?.elemType === 16;
    const expected = readValue(brain ? { ...outputs[i], dataType: 16 } : outputs[i]);
    const file = path.join(at, 'out', `${output.replaceAll('/', '_')}.npy`);
    const reason = expected
      ? difference(parseNpy(fs.readFileSync(file)), expected)
      : 'it is of a type that is not read';
    if (reason) return { outcome: 'wrong', reason: `output ${output}: ${reason}` };
  }
  return { outcome: 'pass', reason: '' };
}

/** All cases, or those named, two at a time. @param {readonly string[]} wanted */
export async function runCases(wanted = []) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-nodes-'));
  const all = kinds
    .flatMap((kind) =>
      fs
        .readdirSync(path.join(data, kind))
        .map((folder) => (kind === 'node' ? '' : `${kind}/`) + folder.replace(/^test_/, '')),
    )
    .filter((name) => !wanted.length || wanted.includes(name))
    .sort();
  /** @type {Record<string, { outcome: string, reason: string }>} */
  const results = {};
  const left = [...all];
  const work = async () => {
    for (let name = left.shift(); name; name = left.shift()) results[name] = await runCase(name, scratch);
  };
  await Promise.all([work(), work(), work()]);
  fs.rmSync(scratch, { recursive: true, force: true });
  return Object.fromEntries(all.map((name) => [name, results[name]]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const results = Object.entries(await runCases(wanted));
  for (const outcome of ['refused', 'wrong']) {
    for (const [name, result] of results.filter(([, one]) => one.outcome === outcome)) {
      console.log(`${outcome}: ${name}: ${result.reason.split('\n').join(' | ').slice(0, 300)}`);
    }
  }
  const count = (outcome) => results.filter(([, one]) => one.outcome === outcome).length;
  console.log(['pass', 'refused', 'wrong', 'out of scope'].map((outcome) => `${count(outcome)} ${outcome}`).join(', '));
  if (process.argv.includes('--update')) {
    const passing = results.filter(([, one]) => one.outcome === 'pass').map(([name]) => name);
    const before = fs.existsSync(passes) ? readPasses() : [];
    fs.writeFileSync(passes, `${[...new Set([...before, ...passing])].sort().join('\n')}\n`);
  }
}
