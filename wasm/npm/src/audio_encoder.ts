import { SessionCore } from './core.js';
import { type AudioEncoding, type EncodeOptions, encodeRecording } from './encode.js';
import { EdgyError } from './errors.js';
import { InferenceSession } from './session.js';
import type { ModelSource, SessionOptions } from './types.js';

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
    const all = this.#core.model.outputs.map((_, index) => index);
    return encodeRecording(this.#core, this.sampleRate, all, recording, options);
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
