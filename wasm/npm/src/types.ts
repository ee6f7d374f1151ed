import type { TensorLike, TensorType } from './tensor.js';

/**
 * Where a model may come from, or a promise of it (`fetch(url)`). `string` is a URL, relative to the page. Buffers and what views show of
 * theirs are copied.
 */
export type ModelSource = DirectSource | PromiseLike<DirectSource>;
type DirectSource =
  | string
  | URL
  | ArrayBufferLike
  | ArrayBufferView
  | Blob
  | Request
  | Response
  | ReadableStream<Uint8Array>;

/**
 * Bytes received so far. Of the model `total` is absent when the server does not say, compresses, or is of another origin, which hides
 * whether it does. Of the runtime there are two reports, that it is being loaded and that it is there: what counts it on its way
 * keeps browsers from keeping the compiled code.
 */
export interface Progress {
  readonly phase: 'model' | 'runtime';
  readonly loaded: number;
  readonly total?: number;
}

/** The build of the runtime: with relaxed SIMD instructions, or with plain SIMD128. Both give the same integers. */
export type Variant = 'relaxed' | 'simd';

/** A file of the runtime: `edgy-BUILD.wasm`. */
export type Build = Variant | `${Variant}-threads`;

/** Instruction form of the int8 kernels. The relaxed ones exist in the variant `relaxed` only. */
export type Isa = 'reference' | 'simd128' | 'relaxed-dot' | 'relaxed-pair';

export interface SessionOptions {
  /** Called while the model and the runtime are being fetched. What it throws is reported as an error of the page and stops nothing. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Cancels fetching and loading. */
  signal?: AbortSignal | undefined;
  /** Default `auto`: `relaxed` where the browser knows it, `simd` elsewhere and in Node. */
  variant?: 'auto' | Variant | undefined;
  /** Default `auto`: for each kernel the fastest on this class of processors. A form by name is for tests: all kernels get it. */
  isa?: 'auto' | Isa | undefined;
  /** Default true: model and runtime live in a dedicated worker. In Node, and where there are no workers, always false. */
  worker?: boolean | undefined;
  /**
   * Where the package's files are, when your bundler or server moved them: a prefix that ends in '/', or the address of each file
   * by its name (see `RuntimeFile`). Default: beside this module.
   */
  wasmPaths?: string | URL | Partial<Record<RuntimeFile, string | URL>> | undefined;
  /**
   * Threads that compute a run, 1 to 32. They need a page that is cross-origin isolated and the worker; where one of these
   * is missing, one thread computes, and if more were asked for, a warning in the console says why, once. Default: 1 where they cannot be
   * had, else as many as the machine has cores, at most 4. Results do not depend on it. `runtimeInfo().threads` tells how many there are.
   */
  threads?: number | undefined;
  /**
   * What files have to hash to, as Subresource Integrity writes it ('sha256-...', 'sha384-...' or 'sha512-...'): the model, or each file by its
   * name, the model's being `model` (integrity.json of the package has the others). Another file rejects with `integrity`; what is not named
   * is not asked. Needs a page from https or localhost.
   */
  integrity?: string | Partial<Record<'model' | `edgy-${Build}.wasm`, string>> | undefined;
  /** Upper bound of activations and packed weights together, in bytes. Default 1 GiB. */
  memoryLimit?: number | undefined;
  /**
   * Upper bound of what one run does: multiplications, and values read, compared or written. It is predicted from the shapes of the
   * inputs before anything runs; a run that would take more is rejected with `too-much-work`. Default: none, so give one when models
   * come from strangers: a file of 5 kB can ask for a day. About 10 to 100 thousand million pass in a second.
   */
  workLimit?: number | undefined;
  /** Reject feeds and recordings that hold a NaN with `invalid-input`; they are computed with otherwise. Default false. */
  checkInputs?: boolean | undefined;
  /** Measure the time of each operator (see `InferenceSession.profile`). */
  profile?: boolean | undefined;
}

/** What the choice of a runtime depends on. */
export type PreloadOptions = Pick<
  SessionOptions,
  'onProgress' | 'variant' | 'worker' | 'threads' | 'wasmPaths' | 'integrity'
>;

/** The last two are those of `edgy/sealed` alone. */
export type RuntimeFile =
  | 'edgy-resample.wasm'
  | 'worker.js'
  | 'worker-threads.js'
  | `edgy-${Build}.wasm`
  | 'seal.htm'
  | 'sealed-engine.txt';

export interface RunOptions {
  /**
   * Rejects the run with `aborted`. A worker that computes it ends within milliseconds, and another one loads the model; without a worker, and
   * in a sealed session, the run is computed to its end and its result dropped.
   */
  signal?: AbortSignal | undefined;
  /** Hand the fed buffers over to the worker instead of copying them; they are empty afterwards. Default false. */
  transfer?: boolean | undefined;
}

/** Input name to tensor. */
export type Feeds = Readonly<Record<string, TensorLike>>;
/** Names of the outputs wanted, as a list or (as in onnxruntime) as the keys of an object. */
export type Fetches = readonly string[] | Readonly<Record<string, unknown>>;

/** The least private level at which an output is handed out: `low` reveals the most. */
export type PrivacyLevel = 'low' | 'moderate' | 'high';

/** How an output's codes become events: which of them were said in which order, without when and for how long. */
export interface EventRule {
  /** Frames that a code has to last. */
  readonly leastRun: number;
  /** Codes are 0 to one less than this. */
  readonly classes: number;
  /** Codes that are no events. */
  readonly silence: readonly number[];
}

/** What the model declares about an input or output. A dynamic extent is its name. */
export interface TensorMetadata {
  readonly name: string;
  readonly isTensor: true;
  readonly type: TensorType;
  readonly shape: readonly (number | string)[];
  /** Outputs only. */
  readonly privacyLevel?: PrivacyLevel;
  /** Outputs that hand out events in place of codes, as many as there were in a run (the extent `events` of the shape). */
  readonly events?: EventRule;
}

/** Parameters of the log-mel front end that a model was trained behind. */
export interface LogMelParameters {
  readonly sampleRate: number;
  readonly fftSize: number;
  readonly hop: number;
  readonly window: number;
  readonly mels: number;
}

export interface ModelMetadata {
  /** "edgy 0.1.0" */
  readonly producer: string;
  readonly sourceName: string;
  readonly sourceSha256: string;
  readonly sourceBytes: number;
  /** JSON texts that the converter wrote; '' when absent. */
  readonly config: string;
  readonly calibration: string;
  readonly accuracy: string;
  readonly logMel?: LogMelParameters;
}

export interface OperatorProfile {
  readonly name: string;
  /** "conv_int8/relaxed-dot", "xnnpack/conv2d_f32", ... */
  readonly kernel: string;
  /** Of the last run. */
  readonly milliseconds: number;
  /** Multiply-accumulates, zeros included. */
  readonly macs: number;
}

/** Bytes. */
export interface MemoryUse {
  readonly model: number;
  readonly packed: number;
  readonly arena: number;
  /** The whole WebAssembly memory, of which the above are parts. */
  readonly wasm: number;
}

export interface RuntimeInfo {
  readonly version: string;
  readonly variant: Variant;
  /** The form that dense int8 kernels run in: `relaxed-dot` where the processor has a dot product of its own, else `relaxed-pair`. */
  readonly isa: Isa;
  readonly worker: boolean;
  /** Threads that compute a run. */
  readonly threads: number;
  /** Address and uncompressed bytes of the WebAssembly file. */
  readonly wasmUrl: string;
  readonly wasmBytes: number;
}
