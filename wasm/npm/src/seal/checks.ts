/** The schema of what crosses the seal, in both directions. What passes is a new object with the checked fields and no others. */
import { EdgyError, type EdgyErrorCode } from '../errors/errors.js';
import { isTensorType, type TensorData, type TensorType, tensorArrays } from '../tensor.js';
import type { PrivacyLevel } from '../types.js';
import type { Outcome, RawTensor } from '../worker/protocol.js';
import { kCeilings } from './account.js';
import { isLevel } from './levels.js';
import type { OutputRule } from './model_policy.js';
import type { SealOperation } from './protocol.js';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null) throw new EdgyError('sealed', `${what} is no object.`);
  return value as Fields;
}

const kOperations: readonly SealOperation[] = ['open', 'load', 'run', 'encode', 'tighten'];

/** A call of the page, or undefined for a message that not even an error could answer. */
export function parseCall(message: unknown): { id: number; operation: unknown; request: unknown } | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { id, operation, request } = message as Fields;
  return Number.isSafeInteger(id) ? { id: id as number, operation, request } : undefined;
}

export function toOperation(value: unknown): SealOperation {
  const operation = kOperations.find((name) => name === value);
  if (!operation) throw new EdgyError('sealed', `The operation ${quoted(value)} does not cross the seal.`);
  return operation;
}

export function toBuffer(value: unknown, what: string): ArrayBuffer {
  if (!(value instanceof ArrayBuffer)) throw new EdgyError('sealed', `${what} is no ArrayBuffer.`);
  return value;
}

/** The model that a request carries, if it does: it is not read here. */
export function modelIn(request: unknown): ArrayBuffer | undefined {
  const model = (request as Fields | null | undefined)?.model;
  return model instanceof ArrayBuffer ? model : undefined;
}

export function toLevel(value: unknown, what: string): PrivacyLevel {
  if (!isLevel(value))
    throw new EdgyError('invalid-argument', `${what} is ${quoted(value)}: use low, moderate or high.`);
  return value;
}

/** The ceiling of a session at `level`, which a caller may set lower: bits a second. */
export function toCeiling(value: unknown, level: PrivacyLevel): number {
  const most = kCeilings[level];
  if (value === undefined) return most;
  if (typeof value === 'number' && value > 0 && value < Infinity && value <= most) return value;
  const given = typeof value === 'number' ? String(value) : quoted(value);
  const limit = most === Infinity ? '' : ` and at most ${most}, the ceiling of level ${level}`;
  throw new EdgyError('invalid-argument', `bitsPerSecond is ${given}: it must be a number above 0${limit}.`);
}

/** Values as they are: the runtime checks shapes against the model. */
export function toFeeds(value: unknown): RawTensor[] {
  return listOf(value, 'feeds').map((feed, index) => {
    const { type, dims, data } = fieldsOf(feed, `Feed ${index}`);
    return toTensor(type, dims, data, `Feed ${index}`);
  });
}

export function toIndices(value: unknown, limit: number): number[] {
  const indices = listOf(value, 'fetches').map((index) => {
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= limit) {
      throw new EdgyError('sealed', `There is no output ${quoted(index)}.`);
    }
    return index as number;
  });
  if (new Set(indices).size !== indices.length) throw new EdgyError('sealed', 'An output is asked for twice.');
  return indices;
}

export function toSamples(value: unknown): Float32Array {
  if (!(value instanceof Float32Array)) throw new EdgyError('sealed', 'A recording is no Float32Array.');
  return value;
}

/** Of a recording, in hertz; undefined: the model's own. */
export function toRate(value: unknown): number | undefined {
  if (value === undefined || (typeof value === 'number' && value > 0 && value < Infinity)) return value;
  throw new EdgyError('sealed', 'A rate is no number of hertz above 0.');
}

/**
 * The engine's tensor for an output, with the type and shape that the model's file declares and not one byte more: in a buffer of the
 * guard's own, of fixed length, and with no value outside the range that was reckoned with. `frames`: the most that it may have.
 */
export function toOutput(value: unknown, rule: OutputRule, frames = Infinity): RawTensor {
  const what = `What the engine gave for '${rule.name}'`;
  const { type, dims, data } = fieldsOf(value, what);
  const tensor = toTensor(type, dims, data, what, anew);
  const fits =
    tensor.type === rule.type &&
    tensor.dims.length === rule.shape.length &&
    rule.shape.every((extent, axis) => extent < 0 || extent === tensor.dims[axis]);
  if (!fits) throw new EdgyError('sealed', `${what} has another type or shape than the model declares.`);
  if (rule.events) {
    requireEvents(tensor.data, rule, frames);
    return tensor;
  }
  if (rule.shape.some((extent, axis) => extent < 0 && (tensor.dims[axis] as number) > frames))
    throw new EdgyError('sealed', `${what} has more frames than so much sound has.`);
  if (rule.values !== undefined) clamp(tensor.data, rule.values - 1);
  return tensor;
}

/** What no codes can become is no mistake of an engine's, but a lie. */
function requireEvents(data: TensorData, { name, values, events }: OutputRule, frames: number): void {
  const silence = new Set(events?.silence);
  let before = -1;
  const isEvent = (event: number | bigint) => {
    const code = Number(event);
    const fits = code >= 0 && code < (values ?? 0) && code !== before && !silence.has(code);
    before = code;
    return fits;
  };
  let fits = data.length <= Math.floor(frames / (events?.leastRun ?? 1));
  for (let i = 0; fits && i < data.length; i++) fits = isEvent(data[i] as number | bigint);
  if (!fits) {
    throw new EdgyError(
      'sealed',
      `What the engine gave for '${name}' are no events: of the classes that are none of silence, no two alike side by side, as many as so ` +
        'much sound can have.',
    );
  }
}

/** A log-mel is float32 of three extents. */
export const kMelRule: OutputRule = {
  name: 'mel',
  type: 'float32',
  shape: [1, -1, -1],
  level: 'low',
  values: undefined,
  bits: 32,
  frameRate: 0,
  events: undefined,
};

/** The engine's answer to a call of the guard. Only the code of a failure is believed to be one. */
export function toOutcome(value: unknown): Outcome<unknown> {
  const { ok, value: result, code, message } = fieldsOf(value, 'An answer of the engine');
  if (ok === true) return { ok, value: result };
  return {
    ok: false,
    code: kCodes.find((known) => known === code) ?? 'internal',
    message: String(message).slice(0, 500),
  };
}

const kCodes: readonly EdgyErrorCode[] = [
  'invalid-model',
  'unsupported-model',
  'invalid-input',
  'invalid-argument',
  'out-of-memory',
  'too-much-work',
];

/** What a run may fail with. Few, as a code carries the more the more there are. */
export function toRunCode(code: EdgyErrorCode): EdgyErrorCode {
  return code === 'invalid-input' || code === 'out-of-memory' || code === 'too-much-work' ? code : 'internal';
}

/** After the first sample the engine's own words stay inside: a sentence could spell out an embedding. */
export function sentenceFor(code: EdgyErrorCode): string {
  switch (code) {
    case 'invalid-input':
      return 'The model does not take this input: check its shape, and that every sample is a finite number.';
    case 'out-of-memory':
      return 'The run needs more memory than there is, or than memoryLimit allows.';
    case 'too-much-work':
      return 'The run would take more multiplications than workLimit allows.';
    default:
      return 'The runtime failed inside the seal.';
  }
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new EdgyError('sealed', `${what} are no list.`);
  return value;
}

function toTensor(type: unknown, dims: unknown, data: unknown, what: string, own = alone): RawTensor {
  if (typeof type !== 'string' || !isTensorType(type) || !(data instanceof tensorArrays[type])) {
    throw new EdgyError('sealed', `${what} is no tensor.`);
  }
  const copy = own(type, data as TensorData);
  const extents = listOf(dims, `Extents of ${what}`).map(Number);
  const size = extents.reduce((product, extent) => product * extent, 1);
  if (extents.some((extent) => !Number.isInteger(extent) || extent < 0) || size !== copy.length) {
    throw new EdgyError('sealed', `${what} has a shape that its data does not fill.`);
  }
  return { type, dims: extents, data: copy };
}

/** A view of a larger buffer would carry the rest along. */
function alone(_: TensorType, data: TensorData): TensorData {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength ? data : data.slice();
}

/** A buffer carries more than its bytes: how far it could grow, whether it is shared. A new one of fixed length does not. */
function anew(type: TensorType, data: TensorData): TensorData {
  const bytes = new Uint8Array(data.byteLength);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return new tensorArrays[type](bytes.buffer) as TensorData;
}

function clamp(data: TensorData, most: number): void {
  if (data instanceof BigInt64Array) {
    const [least, greatest] = [0n, BigInt(most)];
    for (let i = 0; i < data.length; i++) {
      const value = data[i] as bigint;
      if (value < least) data[i] = least;
      else if (value > greatest) data[i] = greatest;
    }
    return;
  }
  for (let i = 0; i < data.length; i++) data[i] = Math.max(0, Math.min(data[i] as number, most));
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 80)}'` : typeof value;
}
