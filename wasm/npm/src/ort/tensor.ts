import { EdgyError, Tensor as EdgyTensor } from '../index.js';
import type * as Types from './api.js';
import { fromImage, toImageData, toPng } from './picture.js';

type Type = Types.Tensor.Type;

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;
type Numeric = keyof typeof arrays;

const isNumeric = (type: unknown): type is Numeric => typeof type === 'string' && Object.hasOwn(arrays, type);

/** What a typed array, of whichever realm, holds when no type is given. */
const typeOfKind: Readonly<Record<string, Numeric>> = {
  ...Object.fromEntries(
    (Object.keys(arrays) as Numeric[])
      .filter((type) => type !== 'float16' && type !== 'bool')
      .map((type) => [arrays[type].name, type]),
  ),
  Uint8ClampedArray: 'uint8',
  Float16Array: 'float16',
};

const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice('[object '.length, -1);

/** In a few words, whatever it is. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  if (typeof value !== 'object' || value === null) return String(value).slice(0, 40);
  return `${kindOf(value)} of ${(value as ArrayLike<unknown>).length ?? 'no'} elements`;
}

const wrong = (message: string) => new EdgyError('invalid-input', message);
const refused = (what: string) =>
  new EdgyError(
    'invalid-argument',
    `${what} cannot be had: Edgy computes in WebAssembly, on data in memory of the page.`,
  );

const range = (least: number, most: number) => (value: number) =>
  Number.isInteger(value) && value >= least && value <= most;
const fits: Partial<Record<Numeric, (value: number) => boolean>> = {
  int8: range(-128, 127),
  uint8: range(0, 255),
  bool: range(0, 1),
  int16: range(-32768, 32767),
  uint16: range(0, 65535),
  int32: range(-(2 ** 31), 2 ** 31 - 1),
  uint32: range(0, 2 ** 32 - 1),
};

function element(type: Numeric, value: unknown): number | bigint {
  const given = type === 'bool' && typeof value === 'boolean' ? Number(value) : value;
  if (type === 'int64' || type === 'uint64') {
    const whole = typeof given === 'bigint' ? given : Number.isSafeInteger(given) ? BigInt(given as number) : undefined;
    const kept = whole === undefined || (type === 'int64' ? BigInt.asIntN(64, whole) : BigInt.asUintN(64, whole));
    if (whole !== undefined && kept === whole) return whole;
  } else if (typeof given === 'number' && (fits[type]?.(given) ?? true)) return given;
  throw wrong(`${shown(value)} does not fit the tensor type '${type}'.`);
}

function arrayOf(type: Numeric, data: unknown): Types.Tensor.DataType {
  const array = arrays[type] as unknown as {
    readonly name: string;
    new (buffer: ArrayBufferLike, offset: number, length: number): Types.Tensor.DataType;
    from(values: readonly unknown[], map: (value: unknown) => unknown): Types.Tensor.DataType;
  };
  if (ArrayBuffer.isView(data)) {
    const kind = kindOf(data);
    const same = kind === array.name || (typeOfKind[kind] === type && kind !== 'DataView');
    if (!same) throw wrong(`A tensor of type '${type}' takes ${array.name}, not ${shown(data)}.`);
    const { buffer, byteOffset, length } = data as Uint8Array;
    return data instanceof array ? data : new array(buffer, byteOffset, length);
  }
  if (!Array.isArray(data)) throw wrong(`A tensor of type '${type}' takes ${array.name}, not ${shown(data)}.`);
  if (type === 'float16') return new EdgyTensor('float16', data).data;
  return array.from(data, (value) => element(type, value));
}

function inferred(data: unknown): Type {
  const type = typeOfKind[kindOf(data)];
  if (type) return type;
  if (Array.isArray(data) && data.length > 0) {
    if (typeof data[0] === 'string') return 'string';
    if (typeof data[0] === 'boolean') return 'bool';
  }
  throw wrong(`No tensor type follows from ${shown(data)}: use new Tensor(type, data, dims).`);
}

/** As onnxruntime-common's `Tensor`, on data in memory of the page. */
export class OrtTensor {
  readonly type: Type;
  readonly dims: readonly number[];
  readonly data: Types.Tensor.DataType;
  readonly size: number;
  readonly location = 'cpu' as const;

  /** (type, data, dims?) or (data, dims?). */
  constructor(first: unknown, second?: unknown, third?: unknown) {
    const [type, data, dims] = typeof first === 'string' ? [first, second, third] : [inferred(first), first, second];
    if (type === 'string') {
      if (!Array.isArray(data) || data.some((text) => typeof text !== 'string'))
        throw wrong("A tensor of type 'string' takes an array of strings.");
      this.data = data;
    } else if (type === 'int4' || type === 'uint4') {
      throw refused('A tensor of 4-bit integers');
    } else if (isNumeric(type)) {
      this.data = arrayOf(type, data);
    } else {
      throw wrong(`${shown(type)} is no tensor type: there are ${Object.keys(arrays).join(', ')}, string.`);
    }
    if (dims !== undefined && !Array.isArray(dims)) throw wrong(`dims are ${shown(dims)}: give an array of extents.`);
    this.type = type;
    this.dims = dims ? [...dims] : [this.data.length];
    if (!this.dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
      throw wrong(`dims [${this.dims.slice(0, 8).join(', ')}] have an extent that is no whole number from 0.`);
    this.size = this.dims.reduce((size, dim) => size * dim, 1);
    if (this.size !== this.data.length)
      throw wrong(
        `A tensor of shape [${this.dims.slice(0, 8).join(', ')}] has ${this.size} elements, but ${this.data.length} were given.`,
      );
  }

  get texture(): never {
    throw refused('A texture');
  }
  get gpuBuffer(): never {
    throw refused('A GPU buffer');
  }
  get mlTensor(): never {
    throw refused('An MLTensor');
  }

  async getData(_releaseData?: boolean): Promise<Types.Tensor.DataType> {
    return this.data;
  }
  reshape(dims: readonly number[]): OrtTensor {
    return new OrtTensor(this.type, this.data, dims);
  }
  dispose(): void {}

  toDataURL(options?: Types.TensorToDataUrlOptions): string {
    return toPng(this, options);
  }
  toImageData(options?: Types.TensorToImageDataOptions): ImageData {
    return toImageData(this, options);
  }

  static async fromImage(source: unknown, options?: Types.TensorFromUrlOptions): Promise<OrtTensor> {
    const { data, dims } = await fromImage(source, options);
    return new OrtTensor('float32', data, dims);
  }
  static fromTexture(): never {
    throw refused('A tensor of a texture');
  }
  static fromGpuBuffer(): never {
    throw refused('A tensor of a GPU buffer');
  }
  static fromMLTensor(): never {
    throw refused('A tensor of an MLTensor');
  }
  static fromPinnedBuffer(type: Type, buffer: Types.Tensor.DataType, dims?: readonly number[]): OrtTensor {
    return new OrtTensor(type, buffer, dims);
  }
}
