/** What the page asks of the engine, and what it gets back. The same whether a worker is between them or not. */
import type { EdgyErrorCode } from '../errors/errors.js';
import type { TensorData, TensorType } from '../tensor.js';
import type { Isa, ModelMetadata, OperatorProfile, TensorMetadata, Variant } from '../types.js';

export interface RawTensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

export interface Operations {
  /** The first call, once. */
  load: {
    request: {
      /** Compiled, or (in a seal, which a compiled module cannot enter) its bytes. */
      readonly module: WebAssembly.Module | ArrayBuffer;
      readonly variant: Variant;
      /** The name of the page's build (engine/build_name.ts). In a seal all files are known by their hashes. */
      readonly build?: string;
      readonly model: ArrayBuffer;
      readonly isa: Isa | 'auto';
      readonly memoryLimit: number;
      readonly profile: boolean;
      /** Default 1. More only where the worker has the build with threads. */
      readonly threads?: number;
      /** Default: none. */
      readonly workLimit?: number;
    };
    result: {
      readonly inputs: readonly TensorMetadata[];
      readonly outputs: readonly TensorMetadata[];
      readonly metadata: ModelMetadata;
      readonly isa: Isa;
    };
  };
  run: {
    /** `feeds` in the order of the model's inputs; `fetches` are indices of outputs. */
    request: { readonly feeds: readonly RawTensor[]; readonly fetches: readonly number[] };
    result: { readonly outputs: readonly RawTensor[]; readonly milliseconds: number };
  };
  encode: {
    request: {
      readonly pcm: Float32Array;
      /** Of the samples, in hertz; the model's own when absent. */
      readonly rate?: number;
      /** edgy-resample.wasm, compiled, where the rates differ and the engine has none of its own. */
      readonly resampler?: WebAssembly.Module;
      readonly mel: boolean;
      /** Indices of outputs, all of them when absent. */
      readonly fetches?: readonly number[];
    };
    result: {
      readonly outputs: readonly RawTensor[];
      readonly mel?: RawTensor;
      readonly resampleMilliseconds: number;
      readonly frontEndMilliseconds: number;
      readonly milliseconds: number;
    };
  };
  profile: { request: null; result: readonly OperatorProfile[] };
  memory: {
    request: null;
    result: {
      readonly model: number;
      readonly packed: number;
      readonly arena: number;
      readonly wasm: number;
    };
  };
}

export type Operation = keyof Operations;
export type RequestOf<O extends Operation> = Operations[O]['request'];
export type ResultOf<O extends Operation> = Operations[O]['result'];

export interface Failure {
  readonly ok: false;
  readonly code: EdgyErrorCode;
  readonly message: string;
}
export type Outcome<T> = { readonly ok: true; readonly value: T } | Failure;

export interface Call {
  readonly id: number;
  readonly operation: Operation;
  readonly request: RequestOf<Operation>;
  /** With a worker's first call: the name of the lock that it shall hold while it lives (worker_life.ts). */
  readonly life?: string | undefined;
}
export interface Answer {
  readonly id: number;
  readonly outcome: Outcome<ResultOf<Operation>>;
  /** With the first answer: whether the worker holds that lock. */
  readonly lives?: boolean;
}
