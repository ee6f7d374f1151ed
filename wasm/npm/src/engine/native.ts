/**
 * The module that wasm/bindings becomes. Emscripten generates the same declarations from the C++ side; test/native.types.ts
 * holds the two together.
 */

/** `code` is '' on success. */
export interface NativeStatus {
  code: string;
  message: string;
}

/** Views into WebAssembly memory: stale after the next call, so they are read or written at once. */
type View = Uint8Array<ArrayBuffer>;

export interface NativeTensorInfo {
  name: string;
  type: string;
  shape: (number | string)[];
  privacyLevel: string;
  events: { leastRun: number; classes: number; silence: number[] } | null;
}

export interface NativeDescription {
  inputs: NativeTensorInfo[];
  outputs: NativeTensorInfo[];
  isa: string;
  producer: string;
  sourceName: string;
  sourceSha256: string;
  sourceBytes: number;
  config: string;
  calibration: string;
  accuracy: string;
  /** sampleRate 0: no front end. */
  logMel: { sampleRate: number; fftSize: number; hop: number; window: number; mels: number };
}

export interface NativeOutput {
  type: string;
  dims: number[];
  data: View;
}

export interface NativeMemory {
  model: number;
  packed: number;
  arena: number;
}

export interface NativeStepProfile {
  name: string;
  kernel: string;
  milliseconds: number;
  macs: number;
}

export interface NativeSession {
  /** Room for the bytes of a model; null when there is no memory for them. */
  reserve(bytes: number): View | null;
  load(options: {
    isa: string;
    memoryLimit: number;
    profile: boolean;
    threads: number;
    workLimit: number;
  }): NativeStatus;
  describe(): NativeDescription;
  prepare(shapes: number[][]): NativeStatus;
  input(index: number): View;
  run(): NativeStatus;
  /** The same in two parts, of which the second is short. */
  runFirst(): NativeStatus;
  runRest(): NativeStatus;
  output(index: number): NativeOutput;
  /** Room for a recording; null when there is no memory for it. */
  reserveSamples(count: number): View | null;
  /** Log-mel of the samples into the first input, for which it prepares. */
  computeFrontEnd(): NativeStatus;
  memory(): NativeMemory;
  profile(): NativeStepProfile[];
  delete(): void;
}

export interface NativeModule {
  Session: new () => NativeSession;
  /** Bytes of the whole WebAssembly memory. */
  memoryBytes(): number;
}

export type NativeFactory = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  /** Of the build with threads: where its workers' script is, and how many of them to start. */
  mainScriptUrlOrBlob?: string;
  helpers?: number;
}) => Promise<NativeModule>;
