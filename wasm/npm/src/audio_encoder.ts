import { SessionCore } from './core.js';
import { EdgyError } from './errors.js';
import { resample, toMono } from './resample.js';
import { InferenceSession, namedOutputs } from './session.js';
import { Tensor } from './tensor.js';
import type { ModelSource, SessionOptions } from './types.js';

export interface EncodeOptions {
  /** Of a `Float32Array`, in hertz; default the model's own. An `AudioBuffer` knows its rate. */
  sampleRate?: number | undefined;
  /** Also return the log-mel spectrogram that the model saw. Default false. */
  mel?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Milliseconds. */
export interface AudioTimings {
  /** Mixing down and resampling on the page. */
  readonly resample: number;
  /** Log-mel. */
  readonly frontEnd: number;
  /** The model. */
  readonly inference: number;
  /** From the call to the result, the way to the worker and back included. */
  readonly total: number;
}

export interface AudioEncoding {
  readonly outputs: Record<string, Tensor>;
  /** The first output of type int64, as plain numbers: one code for each frame. */
  readonly codes?: Int32Array;
  /** [1, mels, frames]; only with `mel: true`. */
  readonly mel?: Tensor<'float32'>;
  /** Length of the recording. */
  readonly seconds: number;
  readonly timings: AudioTimings;
}

/** A speech encoder: recordings in; codes, embeddings or whatever the model computes out. */
export class AudioEncoder {
  readonly #core: SessionCore;
  /** The session below, for names, metadata, profile and memory. Released together with the encoder. */
  readonly session: InferenceSession;
  /** What the model hears, in hertz. */
  readonly sampleRate: number;

  private constructor(core: SessionCore, sampleRate: number) {
    this.#core = core;
    this.session = new InferenceSession(core);
    this.sampleRate = sampleRate;
  }

  /** Like `InferenceSession.create`, for a model with an audio front end (`unsupported-model` otherwise). */
  static async create(source: ModelSource, options?: SessionOptions): Promise<AudioEncoder> {
    const core = await SessionCore.create(source, options);
    const logMel = core.model.metadata.logMel;
    if (!logMel) {
      core.release();
      throw new EdgyError(
        'unsupported-model',
        'The model has no audio front end: use InferenceSession and feed its inputs, or convert it with one.',
      );
    }
    return new AudioEncoder(core, logMel.sampleRate);
  }

  /** Encodes a whole recording. Samples are within -1..1; several channels are mixed down. */
  async encode(recording: Float32Array | AudioBuffer, options: EncodeOptions = {}): Promise<AudioEncoding> {
    this.#core.throwIfReleased();
    const start = performance.now();
    const mono = toMono(recording);
    const from = recording instanceof Float32Array ? (options.sampleRate ?? this.sampleRate) : recording.sampleRate;
    const pcm = await resample(mono, from, this.sampleRate);
    const seconds = pcm.length / this.sampleRate;
    const resampled = performance.now();
    const result = await this.#core.call('encode', { pcm, mel: options.mel ?? false }, [pcm.buffer], options.signal);
    const metadata = this.#core.model.outputs;
    const outputs = namedOutputs(result.outputs, [...metadata.keys()], metadata);
    const indices = Object.values(outputs).find(({ type }) => type === 'int64');
    return {
      outputs,
      ...(indices ? { codes: Int32Array.from(indices.data as BigInt64Array, Number) } : {}),
      ...(result.mel ? { mel: new Tensor('float32', result.mel.data as Float32Array, result.mel.dims) } : {}),
      seconds,
      timings: {
        resample: resampled - start,
        frontEnd: result.frontEndMilliseconds,
        inference: result.milliseconds,
        total: performance.now() - start,
      },
    };
  }

  async release(): Promise<void> {
    this.#core.release();
  }

  [Symbol.dispose](): void {
    this.#core.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#core.release();
  }
}
