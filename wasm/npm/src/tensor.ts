import { toElement } from './convert.js';
import { EdgyError } from './errors/errors.js';
import { arrayKind } from './realm.js';

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
    readonly name: string;
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
export function isTensorType(type: unknown): type is TensorType {
  return typeof type === 'string' && Object.hasOwn(tensorArrays, type);
}

/** @internal `data` as this realm's array of a tensor of `type`; undefined when it is another kind of array, or none. */
export function ownArray<T extends TensorType>(type: T, data: unknown): TensorData<T> | undefined {
  const array = tensorArrays[type];
  const kind = arrayKind(data);
  const fits =
    kind === array.name ||
    (type === 'float16' && kind === 'Float16Array') ||
    (type === 'uint8' && kind === 'Uint8ClampedArray');
  if (!fits) return undefined;
  const { buffer, byteOffset, length } = data as TensorData<T>;
  return data instanceof array ? (data as TensorData<T>) : new array(buffer, byteOffset, length);
}

/** @internal What a caller gave, for a message: short, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}...` : value}'`;
  const kind = arrayKind(value) ?? (Array.isArray(value) ? 'array' : undefined);
  if (kind) return `${/^[AIai]/.test(kind) ? 'an' : 'a'} ${kind} of ${(value as ArrayLike<unknown>).length} elements`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value).slice(0, 40);
}

/** @internal A shape for a message. */
export function shapeText(dims: readonly unknown[]): string {
  const text = dims.slice(0, 8).map((dim) => (typeof dim === 'number' ? dim : shown(dim)));
  return `[${text.join(', ')}${dims.length > 8 ? `, ... ${dims.length} extents` : ''}]`;
}

/** @internal The number of elements, or an error when an extent is no whole number from 0 to 2^31 - 1. */
export function elementCount(dims: readonly number[], what = 'dims'): number {
  let size = 1;
  for (const dim of dims) {
    if (!Number.isInteger(dim) || dim < 0 || dim > 0x7fffffff) {
      throw new EdgyError(
        'invalid-input',
        `${what}: ${shapeText(dims)} has an extent that is no whole number from 0 to 2147483647.`,
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

  /**
   * `data` is kept, not copied. Without `dims` the tensor is a vector. Numbers and bigints in plain arrays are converted, float16 included;
   * one that the type does not hold is `invalid-input`.
   */
  constructor(
    type: T,
    data: TensorData<T> | readonly number[] | readonly bigint[] | readonly boolean[],
    dims?: readonly number[],
  ) {
    if (!isTensorType(type)) {
      throw new EdgyError(
        'invalid-argument',
        `${shown(type)} is no tensor type: use new Tensor(type, data, dims) with one of ${Object.keys(tensorArrays).join(', ')}.`,
      );
    }
    this.type = type;
    this.data = toTypedArray(type, data);
    this.dims = dims ? checkDims(dims) : [this.data.length];
    this.size = elementCount(this.dims);
    if (this.size !== this.data.length) {
      throw new EdgyError(
        'invalid-input',
        `A tensor of shape ${shapeText(this.dims)} has ${this.size} elements, but ${this.data.length} were given.`,
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

function checkDims(dims: readonly number[]): readonly number[] {
  if (!Array.isArray(dims))
    throw new EdgyError('invalid-argument', `dims are ${shown(dims)}: give an array of extents.`);
  return [...dims];
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
  const own = ownArray(type, data);
  if (own) return own;
  if (!Array.isArray(data)) {
    throw new EdgyError('invalid-input', `A tensor of type '${type}' takes a ${array.name}, not ${shown(data)}.`);
  }
  return array.from(data, (value) => {
    const element = toElement(type, value);
    if (element !== undefined) return element;
    throw new EdgyError('invalid-input', `${shown(value)} does not fit the tensor type '${type}'.`);
  });
}
