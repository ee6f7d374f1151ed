/**
 * The page's only door to the package `edgy`: the encoder that the page runs, the pair that shows what compression costs, what they
 * answer and how long that takes.
 */
import { AudioEncoder, type AudioEncoding, EdgyError, type Progress, type RuntimeInfo } from 'edgy';
import { at, wasmPaths } from './quiet/shelf';

export type Precision = 'int8' | 'f32';

export interface Mel {
  readonly data: Float32Array;
  readonly bands: number;
  readonly frames: number;
}

/** Milliseconds: log-mel, model, and the whole call with the way to the worker and back. */
export interface Times {
  readonly frontEnd: number;
  readonly inference: number;
  readonly total: number;
}

export interface Encoding extends Times {
  readonly codes: Int32Array;
  /** [frames, 64], before the nearest code is taken. */
  readonly z: Float32Array;
}

/** What the private encoder makes of a recording. Only `events` are what levels moderate and high hand out. */
export interface PrivateEncoding extends Times {
  readonly mel: Mel;
  /** [frames, 64]; says who speaks. */
  readonly z: Float32Array;
  /** One a frame, for this page's own pictures. */
  readonly frames: { readonly phones: Int32Array; readonly classes: Int32Array };
  readonly events: { readonly phones: Int32Array; readonly classes: Int32Array };
}

const modelUrl = (name: string) => at(`models/${name}.edgy`);

/** What a seal and every app would be given. */
export const kPrivateModel = modelUrl('private-8-sparse');
/** The same weights under a policy that hands out codes, one a frame, so that the page can draw where events come from. */
const kPrivateFrames = modelUrl('private-8-frames');
const kCompared: Record<Precision, string> = { int8: modelUrl('edgy-256-sparse'), f32: modelUrl('edgy-256-f32') };

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

  static async load(url: string, onProgress: (fraction: number) => void): Promise<Model> {
    let bytes = 0;
    const encoder = await AudioEncoder.create(url, {
      wasmPaths,
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

  async run(pcm: Float32Array, mel = false): Promise<AudioEncoding> {
    return this.#encoder.encode(pcm, { mel });
  }

  async encode(pcm: Float32Array): Promise<Encoding> {
    const { codes, outputs, timings } = await this.run(pcm);
    const z = outputs.z?.data;
    if (!codes || !(z instanceof Float32Array)) throw unsupported('z and indices');
    return { codes, z, ...timings };
  }
}

export class PrivateModel {
  private constructor(
    readonly shipped: Model,
    readonly frames: Model,
  ) {}

  static async load(onProgress: (fraction: number) => void): Promise<PrivateModel> {
    const [shipped, frames] = await Promise.all([
      Model.load(kPrivateModel, onProgress),
      Model.load(kPrivateFrames, () => {}),
    ]);
    return new PrivateModel(shipped, frames);
  }

  async encode(pcm: Float32Array): Promise<PrivateEncoding> {
    const [said, drawn] = await Promise.all([this.shipped.run(pcm, true), this.frames.run(pcm)]);
    const z = said.outputs.z?.data;
    const [, bands = 0, frames = 0] = said.mel?.dims ?? [];
    if (!said.mel || !(z instanceof Float32Array)) throw unsupported('z, phones and indices');
    return {
      mel: { data: said.mel.data, bands, frames },
      z,
      frames: { phones: integers(drawn, 'phones'), classes: integers(drawn, 'indices') },
      events: { phones: integers(said, 'phones'), classes: integers(said, 'indices') },
      ...said.timings,
    };
  }
}

function integers({ outputs }: AudioEncoding, name: string): Int32Array {
  const data = outputs[name]?.data;
  if (!(data instanceof BigInt64Array)) throw unsupported('z, phones and indices');
  return Int32Array.from(data, Number);
}

function unsupported(outputs: string): EdgyError {
  return new EdgyError('unsupported-model', `The model has no outputs named ${outputs}.`);
}

export interface Models {
  readonly private: PrivateModel;
  /** The pair that shows what pruning and int8 cost: one encoder twice. */
  readonly int8: Model;
  readonly f32: Model;
}

export async function loadModels(onProgress: (model: keyof Models, fraction: number) => void): Promise<Models> {
  const [hiding, int8, f32] = await Promise.all([
    PrivateModel.load((fraction) => onProgress('private', fraction)),
    Model.load(kCompared.int8, (fraction) => onProgress('int8', fraction)),
    Model.load(kCompared.f32, (fraction) => onProgress('f32', fraction)),
  ]);
  return { private: hiding, int8, f32 };
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
