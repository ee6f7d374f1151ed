// Rows of the table of hostile models, each loaded and run once as tests/loader/attempt.cpp does natively, beside a session that was
// there before.
import { InferenceSession, Tensor } from '../edgy/index.js';
import { bytesOf, outcome } from './kit.js';

const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, int8: Int8Array };
/** No more is fed: what is as large as that is refused before a value of it is looked at. */
const kMostFed = 2 ** 24;

/** As fill_inputs in tests/loader/attempt.cpp. */
function fill(type, data) {
  for (let k = 0; k < data.length; k++) {
    if (type === 'float32') data[k] = Math.fround(Math.fround((k * 7) % 11) * Math.fround(0.3)) - 1.5;
    else if (type === 'int64') data[k] = BigInt(k % 3);
    else data[k] = k % (type === 'int32' ? 3 : 7);
  }
  return data;
}

function feedsOf(session) {
  return Object.fromEntries(
    session.inputMetadata.map(({ name, type, shape }) => {
      const dims = shape.map((extent) => (typeof extent === 'number' ? extent : 5));
      const count = dims.reduce((product, extent) => product * extent, 1);
      const data = fill(type, new (arrays[type] ?? Uint8Array)(count < kMostFed ? count : 1));
      return [name, { type, dims, data }];
    }),
  );
}

/** Where `found` is not `wanted`, in words; '' if it is. Floats may differ as engines round. */
function difference(type, found, wanted) {
  for (let i = 0; i < found.length; i++) {
    const [a, b] = [found[i], wanted[i]];
    if (Object.is(a, b) || a === b) continue;
    const near = type === 'float32' && Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(a), Math.abs(b));
    if (!near) return `element ${i} of ${type} is ${a}, natively ${b}`;
  }
  return '';
}

function compare(session, outputs, wanted) {
  let at = 0;
  for (const { name } of session.outputMetadata) {
    const tensor = outputs[name];
    if (!tensor) return `there is no output '${name}'`;
    const { type, data } = tensor;
    const native = wanted.buffer.slice(at, at + data.byteLength);
    at += data.byteLength;
    if (native.byteLength !== data.byteLength) return `'${name}' has ${data.byteLength} bytes`;
    const said = difference(type, data, new data.constructor(native));
    if (said) return `'${name}': ${said}`;
  }
  return at === wanted.length ? '' : `outputs have ${at} bytes, natively ${wanted.length}`;
}

/** 'runs' or the error's code, and how outputs differ from those of the native runtime. */
async function attempt({ file, outputs }) {
  let differs = '';
  const result = await outcome(async () => {
    const options = { worker: false, memoryLimit: 2 ** 23, workLimit: 1e8 };
    const session = await InferenceSession.create(bytesOf(file), options);
    try {
      const found = await session.run(feedsOf(session));
      // Names of outputs may be one: then there are fewer in the object than in the model.
      const names = new Set(session.outputMetadata.map(({ name }) => name));
      if (outputs !== undefined && names.size === session.outputMetadata.length)
        differs = compare(session, found, bytesOf(outputs));
    } finally {
      await session.release();
    }
    return 'runs';
  });
  const code = result.code === undefined ? result.value : result.code;
  const typed = result.code === undefined || (result.typed && result.message.length > 10);
  return { code, differs, typed };
}

let bystander;

async function bystanderAnswers() {
  const mel = Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i) / 2 + 0.5);
  const { indices } = await bystander.run({ mel: new Tensor('float32', mel, [1, 80, 100]) }, ['indices']);
  return String(indices.data);
}

/** What becomes of `rows`, and whether a session made before the first of all answers as it did then. */
export async function attempts(rows) {
  bystander ??= await InferenceSession.create('/models/edgy-256-int8.edgy', { worker: false });
  const before = await bystanderAnswers();
  const results = [];
  for (const row of rows) results.push(await attempt(row));
  return { results, undisturbed: (await bystanderAnswers()) === before };
}
