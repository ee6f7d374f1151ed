/**
 * The interface that programs written for onnxruntime-web use: its names and types, with classes of Edgy's behind them. Declared from its
 * documentation and published declarations, so far as WebAssembly on the visitor's device can mean something by it.
 */
import { OrtSession } from './session.js';
import { OrtTensor } from './tensor.js';

/** Element type of a tensor to the array that holds it. */
interface Arrays {
  float32: Float32Array;
  float64: Float64Array;
  /** Bit patterns of IEEE half floats. */
  float16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  /** One byte an element: 0 or 1. */
  bool: Uint8Array;
  string: string[];
  /** Two elements a byte. */
  int4: Int8Array;
  uint4: Uint8Array;
}

type Element<T extends keyof Arrays> = T extends 'string'
  ? string
  : T extends 'bool'
    ? boolean
    : T extends 'int64' | 'uint64'
      ? bigint
      : number;

/** What a tensor could be kept in beside memory of the page. Edgy computes in WebAssembly: it has no such tensors. */
interface Elsewhere {
  readonly destroy?: () => void;
}

export declare namespace Tensor {
  type DataTypeMap = Arrays;
  type ElementTypeMap = { [T in keyof Arrays]: Element<T> };
  type Type = keyof Arrays;
  type DataType = Arrays[Type];
  type ElementType = ElementTypeMap[Type];
  type DataLocation = 'none' | 'cpu' | 'cpu-pinned' | 'texture' | 'gpu-buffer' | 'ml-tensor';
  type CpuPinnedDataTypes = Exclude<Type, 'string'>;
  type TextureDataTypes = 'float32';
  type GpuBufferDataTypes = 'float32' | 'float16' | 'int32' | 'int64' | 'uint32' | 'uint8' | 'bool';
  type MLTensorDataTypes = GpuBufferDataTypes | 'int8' | 'uint64' | 'int4' | 'uint4';
  type TextureType = WebGLTexture;
  type GpuBufferType = Elsewhere;
  type MLTensorType = Elsewhere;
}

export type ImageFormat = 'RGB' | 'RGBA' | 'BGR' | 'RBG';
export type ImageTensorLayout = 'NHWC' | 'NCHW';
type Channels = number | [number, number, number] | [number, number, number, number];

export interface OptionsFormat {
  /** Order of the channels in the tensor. Default RGB. */
  format?: ImageFormat;
}
export interface OptionsTensorFormat {
  /** Order of the channels in the tensor. Default RGB; of an image element it is RGBA, always. */
  tensorFormat?: ImageFormat;
}
export interface OptionsTensorDataType {
  /** Tensors of pictures are float32 here, as in onnxruntime-web. */
  dataType?: 'float32' | 'uint8';
}
export interface OptionsTensorLayout {
  /** NHWC is refused by `fromImage`, as in onnxruntime-web. */
  tensorLayout?: ImageTensorLayout;
}
export interface OptionsDimensions {
  height?: number;
  width?: number;
}
export interface OptionResizedDimensions {
  resizedHeight?: number;
  resizedWidth?: number;
}
export interface OptionsNormalizationParameters {
  /** An element is (pixel + bias) / mean. Default: bias 0, mean 255. */
  norm?: { bias?: Channels; mean?: Channels };
}
interface PictureOptions
  extends OptionResizedDimensions,
    OptionsTensorFormat,
    OptionsTensorLayout,
    OptionsTensorDataType,
    OptionsNormalizationParameters {}
export interface TensorFromImageDataOptions extends PictureOptions {}
export interface TensorFromImageElementOptions extends PictureOptions {}
export interface TensorFromImageBitmapOptions extends PictureOptions {}
export interface TensorFromUrlOptions extends PictureOptions, OptionsDimensions {}
interface GivenBack<T extends Tensor.Type> {
  download?(): Promise<Tensor.DataTypeMap[T]>;
  dispose?(): void;
}
export interface TensorFromTextureOptions<T extends Tensor.TextureDataTypes>
  extends Required<OptionsDimensions>,
    OptionsFormat,
    GivenBack<T> {}
interface KeptElsewhere<T extends Tensor.Type> extends GivenBack<T> {
  readonly dims: readonly number[];
  dataType?: T;
}
export interface TensorFromGpuBufferOptions<T extends Tensor.GpuBufferDataTypes> extends KeptElsewhere<T> {}
export interface TensorFromMLTensorOptions<T extends Tensor.MLTensorDataTypes> extends KeptElsewhere<T> {}
interface ToPictureOptions extends OptionsTensorLayout, OptionsFormat, OptionsNormalizationParameters {}
export interface TensorToDataUrlOptions extends ToPictureOptions {}
export interface TensorToImageDataOptions extends ToPictureOptions {}

export interface ConversionUtils {
  /** A PNG of a tensor [1, 3 or 4, height, width]. */
  toDataURL(options?: TensorToDataUrlOptions): string;
  /** A pixel is (element - bias) * mean: the way back of `fromImage` with bias 0 and mean 255. */
  toImageData(options?: TensorToImageDataOptions): ImageData;
}

/** A dense row-major array with a shape. */
export interface TypedTensor<T extends Tensor.Type> extends ConversionUtils {
  readonly type: T;
  readonly dims: readonly number[];
  readonly data: Tensor.DataTypeMap[T];
  readonly size: number;
  /** 'cpu', always. */
  readonly location: Tensor.DataLocation;
  /** The following three throw: there are no such tensors. */
  readonly texture: Tensor.TextureType;
  readonly gpuBuffer: Tensor.GpuBufferType;
  readonly mlTensor: Tensor.MLTensorType;
  getData(releaseData?: boolean): Promise<Tensor.DataTypeMap[T]>;
  reshape(dims: readonly number[]): TypedTensor<T>;
  /** Does nothing: the garbage collector does this. */
  dispose(): void;
}
export interface Tensor extends TypedTensor<Tensor.Type> {}

/** Tensors that `fromImage` makes. */
export type PictureTensor = Promise<TypedTensor<'float32'> | TypedTensor<'uint8'>>;

export interface TensorFactory {
  fromImage(source: ImageData, options?: TensorFromImageDataOptions): PictureTensor;
  fromImage(source: HTMLImageElement, options?: TensorFromImageElementOptions): PictureTensor;
  fromImage(source: string, options?: TensorFromUrlOptions): PictureTensor;
  fromImage(source: ImageBitmap, options: TensorFromImageBitmapOptions): PictureTensor;
  /** Refused: Edgy computes in WebAssembly, which reads no texture. The following two likewise. */
  fromTexture<T extends Tensor.TextureDataTypes = 'float32'>(
    texture: Tensor.TextureType,
    options: TensorFromTextureOptions<T>,
  ): TypedTensor<'float32'>;
  fromGpuBuffer<T extends Tensor.GpuBufferDataTypes>(
    buffer: Tensor.GpuBufferType,
    options: TensorFromGpuBufferOptions<T>,
  ): TypedTensor<T>;
  fromMLTensor<T extends Tensor.MLTensorDataTypes>(
    tensor: Tensor.MLTensorType,
    options: TensorFromMLTensorOptions<T>,
  ): TypedTensor<T>;
  fromPinnedBuffer<T extends Tensor.CpuPinnedDataTypes>(
    type: T,
    buffer: Tensor.DataTypeMap[T],
    dims?: readonly number[],
  ): TypedTensor<T>;
}

type Dims = readonly number[];
export interface TensorConstructor extends TensorFactory {
  new (type: 'string', data: readonly string[], dims?: Dims): TypedTensor<'string'>;
  new (type: 'bool', data: Uint8Array | readonly boolean[], dims?: Dims): TypedTensor<'bool'>;
  new (type: 'uint8', data: Uint8ClampedArray, dims?: Dims): TypedTensor<'uint8'>;
  new <T extends 'int64' | 'uint64'>(
    type: T,
    data: Arrays[T] | readonly bigint[] | readonly number[],
    dims?: Dims,
  ): TypedTensor<T>;
  new <T extends Exclude<Tensor.Type, 'string' | 'bool' | 'int64' | 'uint64'>>(
    type: T,
    data: Arrays[T] | readonly number[],
    dims?: Dims,
  ): TypedTensor<T>;
  new (data: Float32Array, dims?: Dims): TypedTensor<'float32'>;
  new (data: Float64Array, dims?: Dims): TypedTensor<'float64'>;
  new (data: Int8Array, dims?: Dims): TypedTensor<'int8'>;
  new (data: Uint8Array | Uint8ClampedArray, dims?: Dims): TypedTensor<'uint8'>;
  new (data: Int16Array, dims?: Dims): TypedTensor<'int16'>;
  new (data: Uint16Array, dims?: Dims): TypedTensor<'uint16'>;
  new (data: Int32Array, dims?: Dims): TypedTensor<'int32'>;
  new (data: Uint32Array, dims?: Dims): TypedTensor<'uint32'>;
  new (data: BigInt64Array, dims?: Dims): TypedTensor<'int64'>;
  new (data: BigUint64Array, dims?: Dims): TypedTensor<'uint64'>;
  new (data: readonly string[], dims?: Dims): TypedTensor<'string'>;
  new (data: readonly boolean[], dims?: Dims): TypedTensor<'bool'>;
  new (
    type: Tensor.Type,
    data: Tensor.DataType | readonly number[] | readonly string[] | readonly bigint[] | readonly boolean[],
    dims?: Dims,
  ): Tensor;
  new (data: Tensor.DataType, dims?: Dims): Tensor;
}

export const Tensor: TensorConstructor = OrtTensor as unknown as TensorConstructor;

export type OnnxValue = Tensor;
export type OnnxValueDataLocation = Tensor.DataLocation;

export declare namespace InferenceSession {
  interface OnnxValueMapType {
    readonly [name: string]: OnnxValue;
  }
  interface NullableOnnxValueMapType {
    readonly [name: string]: OnnxValue | null;
  }
  type FeedsType = OnnxValueMapType;
  /** Names, or an object whose keys are names. A tensor under a name is filled with that output and handed back. */
  type FetchesType = readonly string[] | NullableOnnxValueMapType;
  type ReturnType = OnnxValueMapType;

  interface ExecutionProviderOption {
    readonly name: string;
  }
  type ExecutionProviderConfig = ExecutionProviderOption | string;

  /** Options that Edgy has no use for are taken, and said to be without effect, once a page. */
  interface SessionOptions {
    /** Edgy computes in WebAssembly, whatever is listed. */
    executionProviders?: readonly ExecutionProviderConfig[];
    /** Threads that compute a run; before `env.wasm.numThreads`. */
    intraOpNumThreads?: number;
    interOpNumThreads?: number;
    freeDimensionOverrides?: { readonly [dimensionName: string]: number };
    graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
    enableCpuMemArena?: boolean;
    enableMemPattern?: boolean;
    executionMode?: 'sequential' | 'parallel';
    optimizedModelFilePath?: string;
    /** Measures the operators: `endProfiling` prints them. */
    enableProfiling?: boolean;
    profileFilePrefix?: string;
    logId?: string;
    logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
    logVerbosityLevel?: number;
    preferredOutputLocation?: OnnxValueDataLocation | { readonly [outputName: string]: OnnxValueDataLocation };
    enableGraphCapture?: boolean;
    externalData?: readonly unknown[];
    extra?: Record<string, unknown>;
  }

  interface RunOptions {
    logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
    logVerbosityLevel?: number;
    terminate?: boolean;
    tag?: string;
    extra?: Record<string, unknown>;
  }

  interface ValueMetadataBase {
    readonly name: string;
  }
  interface NonTensorValueMetadata extends ValueMetadataBase {
    readonly isTensor: false;
  }
  interface TensorValueMetadata extends ValueMetadataBase {
    readonly isTensor: true;
    readonly type: Tensor.Type;
    /** A dynamic extent is its name. */
    readonly shape: ReadonlyArray<number | string>;
  }
  type ValueMetadata = NonTensorValueMetadata | TensorValueMetadata;
}

export interface InferenceSession {
  run(feeds: InferenceSession.FeedsType, options?: InferenceSession.RunOptions): Promise<InferenceSession.ReturnType>;
  run(
    feeds: InferenceSession.FeedsType,
    fetches: InferenceSession.FetchesType,
    options?: InferenceSession.RunOptions,
  ): Promise<InferenceSession.ReturnType>;
  release(): Promise<void>;
  startProfiling(): void;
  /** Prints what the operators of the last run took, if the session was made with `enableProfiling`. */
  endProfiling(): void;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[];
}

export interface InferenceSessionFactory {
  create(uri: string, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  create(buffer: ArrayBufferLike | Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  create(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: InferenceSession.SessionOptions,
  ): Promise<InferenceSession>;
}

export const InferenceSession: InferenceSessionFactory = OrtSession as unknown as InferenceSessionFactory;

export declare namespace Env {
  type WasmPathPrefix = string;
  interface WasmFilePaths {
    wasm?: URL | string;
    mjs?: URL | string;
  }
  type WasmPrefixOrFilePaths = WasmPathPrefix | WasmFilePaths;
  interface WebAssemblyFlags {
    /** Threads of a session; 0, as by default: as many as the page can have. */
    numThreads?: number;
    simd?: boolean | 'fixed' | 'relaxed';
    trace?: boolean;
    initTimeout?: number;
    /** The folder with Edgy's files, ending in '/'. What names onnxruntime's own files is ignored. */
    wasmPaths?: WasmPrefixOrFilePaths;
    wasmBinary?: ArrayBufferLike | Uint8Array;
    /** A session lives in a worker whatever this says. */
    proxy?: boolean;
  }
  /** Taken and without effect. */
  interface WebGLFlags {
    contextId?: 'webgl' | 'webgl2';
    readonly context: WebGLRenderingContext;
    matmulMaxBatchSize?: number;
    textureCacheMode?: 'initializerOnly' | 'full';
    pack?: boolean;
    async?: boolean;
  }
  /** Taken and without effect. */
  interface WebGpuFlags {
    profilingMode?: 'off' | 'default';
    profiling: { mode?: 'off' | 'default'; ondata?: (data: never) => void };
    powerPreference?: 'low-power' | 'high-performance';
    forceFallbackAdapter?: boolean;
    adapter: unknown;
    device: Promise<unknown>;
    validateInputContent?: boolean;
  }
}
export interface Env {
  /** 'error' and 'fatal' silence what this entry says of options without effect. */
  logLevel?: 'verbose' | 'info' | 'warning' | 'error' | 'fatal';
  debug?: boolean;
  trace?: boolean;
  readonly versions: { readonly common: string; readonly web?: string; readonly node?: string };
  readonly wasm: Env.WebAssemblyFlags;
  readonly webgl: Env.WebGLFlags;
  readonly webgpu: Env.WebGpuFlags;
  [name: string]: unknown;
}
