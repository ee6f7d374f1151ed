/** The page's only door to the package `edgy`: the two models, what they answer and what that costs. */
import { AudioEncoder, EdgyError, type Progress, type RuntimeInfo } from 'edgy';

export type Precision = 'int8' | 'f32';

export interface Mel {
  readonly data: Float32Array;
  readonly bands: number;
  readonly frames: number;
}

export interface Encoding {
  readonly codes: Int32Array;
  /** [frames, 64], before the nearest code is taken. */
  readonly z: Float32Array;
  readonly mel?: Mel;
  /** Milliseconds: log-mel, model, and the whole call with the way to the worker and back. */
  readonly frontEnd: number;
  readonly inference: number;
  readonly total: number;
}

const kModelUrls: Record<Precision, string> = {
  int8: new URL('models/edgy-256-sparse.edgy', document.baseURI).href,
  f32: new URL('models/edgy-256-f32.edgy', document.baseURI).href,
};

/** What the models hear, in hertz. */
export const kSampleRate = 16000;
/** A fifth of a second. Much shorter ones give no code: the log-mel's reflected padding alone takes 1024 samples. */
export const kMinSamples = 3200;

export class Model {
  readonly #encoder: AudioEncoder;

  private constructor(
    encoder: AudioEncoder,
    /** Of the .edgy file. */
    readonly bytes: number,
  ) {
    this.#encoder = encoder;
  }

  static async load(precision: Precision, onProgress: (fraction: number) => void): Promise<Model> {
    let bytes = 0;
    const encoder = await AudioEncoder.create(kModelUrls[precision], {
      threads: 1, // what the page says of speed and bytes holds on any host
      onProgress: ({ phase, loaded, total }: Progress) => {
        if (phase !== 'model') return;
        bytes = loaded;
        if (total) onProgress(loaded / total);
      },
    });
    onProgress(1);
    return new Model(encoder, bytes);
  }

  get runtime(): RuntimeInfo {
    return this.#encoder.session.runtimeInfo();
  }

  /** Of the ONNX file that the model was converted from. */
  get sourceBytes(): number {
    return this.#encoder.session.modelMetadata.sourceBytes;
  }

  /** Share of the weights that the converter was asked to leave out; 0 where none. */
  get sparsity(): number {
    const config: { pruning?: { sparsity?: number } } = JSON.parse(this.#encoder.session.modelMetadata.config || '{}');
    return config.pruning?.sparsity ?? 0;
  }

  async wasmMemory(): Promise<number> {
    return (await this.#encoder.session.memory()).wasm;
  }

  async encode(pcm: Float32Array, mel = false): Promise<Encoding> {
    const { codes, outputs, mel: picture, timings } = await this.#encoder.encode(pcm, { mel });
    const z = outputs.z?.data;
    if (!codes || !(z instanceof Float32Array)) {
      throw new EdgyError('unsupported-model', 'The model has no outputs named z and indices.');
    }
    const [, bands = 0, frames = 0] = picture?.dims ?? [];
    return {
      codes,
      z,
      ...(picture ? { mel: { data: picture.data, bands, frames } } : {}),
      frontEnd: timings.frontEnd,
      inference: timings.inference,
      total: timings.total,
    };
  }
}

export type Models = Record<Precision, Model>;

export async function loadModels(onProgress: (model: Precision, fraction: number) => void): Promise<Models> {
  const [int8, f32] = await Promise.all([
    Model.load('int8', (fraction) => onProgress('int8', fraction)),
    Model.load('f32', (fraction) => onProgress('f32', fraction)),
  ]);
  return { int8, f32 };
}

/** An error in words for the visitor. */
export function explain(error: unknown): string {
  if (error instanceof EdgyError) {
    if (/SIMD/.test(error.message)) {
      return 'This browser has no WebAssembly SIMD, which EDGY computes with. Current versions of Chrome, Edge, Firefox and Safari have it.';
    }
    if (error.code === 'network') {
      return 'A part of the page could not be loaded. Check the connection and reload.';
    }
    if (error.code === 'out-of-memory')
      return 'This recording is too long for the memory of this device. Try a shorter one.';
  }
  return error instanceof Error ? error.message : String(error);
}
