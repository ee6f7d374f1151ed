// NumPy's .npy arrays (format 1.0 and 2.0) and .npz archives of them.
import { unzipSync } from 'fflate';

const kinds = {
  '<f4': { type: 'float32', array: Float32Array },
  '<f2': { type: 'float16', array: Uint16Array },
  '<i8': { type: 'int64', array: BigInt64Array },
  '<i4': { type: 'int32', array: Int32Array },
  '|i1': { type: 'int8', array: Int8Array },
  '|u1': { type: 'uint8', array: Uint8Array },
  '|b1': { type: 'bool', array: Uint8Array },
};

/** The bytes from `start` in a buffer of their own: Node's Buffer.slice would share its pool. @param {Uint8Array} bytes @param {number} start */
const copyFrom = (bytes, start) => Uint8Array.prototype.slice.call(bytes, start).buffer;

/** @param {Uint8Array} bytes */
export function parseNpy(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6] >= 2;
  const start = long ? 12 : 10;
  const end = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const descr = /'descr': '([^']*)'/.exec(header)?.[1] ?? '';
  const dims = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((s) => s.trim())
    .map(Number);
  const columnMajor = header.includes("'fortran_order': True");
  if (descr.startsWith('<U')) {
    const text = new Uint32Array(copyFrom(bytes, end));
    return { type: 'string', dims, data: String.fromCodePoint(...text.filter((c) => c !== 0)) };
  }
  const kind = kinds[descr];
  if (!kind) throw new Error(`.npy files of type ${descr} are not read`);
  const stored = new kind.array(copyFrom(bytes, end));
  const data = columnMajor ? toRowMajor(stored, dims) : stored;
  return kind.type === 'float16' ? { type: 'float32', dims, data: fromHalf(data) } : { type: kind.type, dims, data };
}

/** Name (without .npy) to array. @param {Uint8Array} bytes */
export function parseNpz(bytes) {
  return Object.fromEntries(
    Object.entries(unzipSync(bytes)).map(([name, file]) => [name.replace(/\.npy$/, ''), parseNpy(file)]),
  );
}

/** Float32 row-major, version 1.0. @param {Float32Array} data @param {readonly number[]} dims */
export function formatNpy(data, dims) {
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const head = new Uint8Array(10 + padded.length);
  head.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]);
  head.set(new TextEncoder().encode(padded), 10);
  return Buffer.concat([head, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

/** @template {ArrayLike<unknown> & { slice(): any }} A @param {A} stored @param {readonly number[]} dims @returns {A} */
function toRowMajor(stored, dims) {
  const result = stored.slice();
  const strides = dims.map((_, axis) => dims.slice(0, axis).reduce((product, dim) => product * dim, 1));
  for (let i = 0; i < result.length; i++) {
    let rest = i;
    let from = 0;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += (rest % dims[axis]) * strides[axis];
      rest = Math.floor(rest / dims[axis]);
    }
    result[i] = stored[from];
  }
  return result;
}

/** IEEE half floats to numbers. @param {Uint16Array} halves */
function fromHalf(halves) {
  return Float32Array.from(halves, (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}
