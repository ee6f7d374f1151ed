import { Resampler } from 'edgy';
import { kSampleRate } from '../engine';
import { at, wasmPaths } from '../quiet/shelf';
import kWorkletUrl from './capture.worklet.js?url';
import { AudioProblem } from './decode';

export { kWorkletUrl };

/** A recording ends by itself after this time. */
export const kMaxRecordingSeconds = 20;
/** Chunks that the level meter looks back at. */
const kMeterChunks = 16;

/** The microphone, as samples at the model's rate that grow while it is open. */
export class Recorder {
  #context: AudioContext | undefined;
  #stream: MediaStream | undefined;
  #resampler: Resampler | undefined;
  /** At the model's rate. */
  #chunks: Float32Array[] = [];
  #length = 0;
  /** Of what the microphone gave last. */
  #peaks: number[] = [];

  /**
   * Loads the worklet and the resampler. Part of start-up, so that recording makes no request later. A browser without worklets (or a page that is not a
   * secure context) shows that when `start` is called.
   */
  async prepare(): Promise<void> {
    this.#context = new AudioContext();
    await Promise.all([this.#context.audioWorklet?.addModule(at(kWorkletUrl)), this.#newResampler(this.#context)]);
  }

  get running(): boolean {
    return this.#stream !== undefined;
  }

  get seconds(): number {
    return this.#length / kSampleRate;
  }

  /** Peak of the last stretch heard, 0..1. */
  get level(): number {
    return Math.max(0, ...this.#peaks);
  }

  async start(): Promise<void> {
    const context = this.#context;
    if (!context?.audioWorklet || !navigator.mediaDevices) {
      throw new AudioProblem('The microphone can only be used on a page served over https or from this machine.');
    }
    this.#chunks = [];
    this.#length = 0;
    this.#peaks = [];
    this.#resampler = await this.#newResampler(context);
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    } catch (error) {
      throw new AudioProblem(reasonOf(error));
    }
    await context.resume();
    const node = new AudioWorkletNode(context, 'capture', { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      if (!this.running) return;
      this.#peaks.push(data.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0));
      this.#peaks.splice(0, this.#peaks.length - kMeterChunks);
      this.#keep(this.#resampler ? this.#resampler.push(data) : data);
    };
    context.createMediaStreamSource(this.#stream).connect(node);
  }

  /** Everything heard so far. */
  samples(): Float32Array<ArrayBuffer> {
    const heard = new Float32Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      heard.set(chunk, at);
      at += chunk.length;
    }
    return heard;
  }

  stop(): void {
    if (!this.running) return;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    if (this.#resampler) this.#keep(this.#resampler.end());
    this.#resampler = undefined;
    void this.#context?.suspend();
  }

  #keep(samples: Float32Array): void {
    this.#chunks.push(samples);
    this.#length += samples.length;
  }

  /** One for each recording; none where the microphone has the model's rate. */
  async #newResampler({ sampleRate }: AudioContext): Promise<Resampler | undefined> {
    return sampleRate === kSampleRate ? undefined : Resampler.create(sampleRate, kSampleRate, { wasmPaths });
  }
}

function reasonOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError') {
    return 'The microphone was not allowed. Allow it in the address bar to use it; the bundled recordings work without.';
  }
  if (name === 'NotFoundError') return 'No microphone was found on this device.';
  if (name === 'NotReadableError') return 'The microphone is in use by another program.';
  return 'The microphone could not be opened.';
}
