import { EdgyError } from './errors.js';

interface TensorDataTypes {
  float32: Float32Array;
  /** Bit patterns of IEEE half floats, as in onnxruntime-common. */
  float16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  /** One byte an element: 0 or 1. */
  bool: Uint8Array;
}

export type TensorType = keyof TensorDataTypes;
export type TensorData<T extends TensorType = TensorType> = TensorDataTypes[T];

/** Anything that can be fed: this package's `Tensor`, one of onnxruntime-common, or a plain object. */
export interface TensorLike {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** @internal */
export const tensorArrays: {
  readonly [T in TensorType]: {
    new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TensorDataTypes[T];
    readonly BYTES_PER_ELEMENT: number;
  };
} = {
  float32: Float32Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/** @internal */
export function isTensorType(type: string): type is TensorType {
  return Object.hasOwn(tensorArrays, type);
}

/** @internal The number of elements, or an error when an extent is no whole number from 0 to 2^31 - 1. */
export function elementCount(dims: readonly number[], what = 'dims'): number {
  let size = 1;
  for (const dim of dims) {
    if (!Number.isInteger(dim) || dim < 0 || dim > 0x7fffffff) {
      throw new EdgyError(
        'invalid-input',
        `${what}: [${dims.join(', ')}] has an extent that is no whole number from 0 to 2147483647.`,
      );
    }
    size *= dim;
  }
  return size;
}

/**
 * A dense row-major array with a shape, in the manner of onnxruntime-common's `Tensor` (the same names of types, `dims`, `data`,
 * `size`, `location`, `getData`, `reshape`, `dispose`), without its conversions from pictures and GPU buffers.
 */
export class Tensor<T extends TensorType = TensorType> {
  readonly type: T;
  readonly dims: readonly number[];
  readonly data: TensorData<T>;
  readonly size: number;
  readonly location = 'cpu' as const;

  /** `data` is kept, not copied. Without `dims` the tensor is a vector. Numbers and bigints in plain arrays are converted. */
  constructor(
    type: T,
    data: TensorData<T> | readonly number[] | readonly bigint[] | readonly boolean[],
    dims?: readonly number[],
  ) {
    if (!isTensorType(type)) {
      throw new EdgyError(
        'invalid-argument',
        `Tensor type '${type}' does not exist: use one of ${Object.keys(tensorArrays).join(', ')}.`,
      );
    }
    this.type = type;
    this.data = toTypedArray(type, data);
    this.dims = dims ? [...dims] : [this.data.length];
    this.size = elementCount(this.dims);
    if (this.size !== this.data.length) {
      throw new EdgyError(
        'invalid-input',
        `A tensor of shape [${this.dims.join(', ')}] has ${this.size} elements, but ${this.data.length} were given.`,
      );
    }
  }

  /** The data, for code written for onnxruntime: it is here already. */
  async getData(_releaseData?: boolean): Promise<TensorData<T>> {
    return this.data;
  }

  /** The same data under another shape. */
  reshape(dims: readonly number[]): Tensor<T> {
    return new Tensor(this.type, this.data, dims);
  }

  /** For code written for onnxruntime: the garbage collector does this. */
  dispose(): void {}
}

function toTypedArray<T extends TensorType>(
  type: T,
  data: TensorData | readonly number[] | readonly bigint[] | readonly boolean[],
): TensorData<T> {
  const array = tensorArrays[type] as unknown as {
    new (buffer: ArrayBufferLike): TensorData<T>;
    from(values: readonly unknown[], map: (value: unknown) => unknown): TensorData<T>;
    readonly name: string;
  };
  if (data instanceof array) return data;
  if (!Array.isArray(data)) {
    throw new EdgyError('invalid-input', `A tensor of type '${type}' takes a ${array.name}.`);
  }
  try {
    return type === 'int64'
      ? array.from(data, (value) => BigInt(value as number | bigint))
      : array.from(data, (value) => Number(value));
  } catch (error) {
    throw new EdgyError('invalid-input', `A value does not fit the tensor type '${type}'.`, { cause: error });
  }
}
