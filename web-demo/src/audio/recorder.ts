import { kSampleRate } from '../engine';
import kWorkletUrl from './capture.worklet.js?url';
import { AudioProblem } from './decode';

export { kWorkletUrl };

/** A recording ends by itself after this time. */
export const kMaxRecordingSeconds = 20;

/** The microphone, as samples at its own rate that grow while it is open. */
export class Recorder {
  #context: AudioContext | undefined;
  #stream: MediaStream | undefined;
  #chunks: Float32Array[] = [];
  #length = 0;

  /**
   * Loads the worklet. Part of start-up, so that recording makes no request later. A browser without worklets (or a page that is not a
   * secure context) shows that when `start` is called.
   */
  async prepare(): Promise<void> {
    this.#context = new AudioContext();
    await this.#context.audioWorklet?.addModule(kWorkletUrl);
  }

  get running(): boolean {
    return this.#stream !== undefined;
  }

  get seconds(): number {
    return this.#context ? this.#length / this.#context.sampleRate : 0;
  }

  /** Peak of the last stretch heard, 0..1. */
  get level(): number {
    let peak = 0;
    for (const chunk of this.#chunks.slice(-16)) for (const x of chunk) peak = Math.max(peak, Math.abs(x));
    return peak;
  }

  async start(): Promise<void> {
    const context = this.#context;
    if (!context?.audioWorklet || !navigator.mediaDevices) {
      throw new AudioProblem('The microphone can only be used on a page served over https or from this machine.');
    }
    this.#chunks = [];
    this.#length = 0;
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    } catch (error) {
      throw new AudioProblem(reasonOf(error));
    }
    await context.resume();
    const node = new AudioWorkletNode(context, 'capture', { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      this.#chunks.push(data);
      this.#length += data.length;
    };
    context.createMediaStreamSource(this.#stream).connect(node);
  }

  /** Everything heard so far, at the model's rate. */
  async samples(): Promise<Float32Array<ArrayBuffer>> {
    const rate = this.#context?.sampleRate ?? kSampleRate;
    const heard = new Float32Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      if (at + chunk.length > heard.length) break;
      heard.set(chunk, at);
      at += chunk.length;
    }
    if (rate === kSampleRate || heard.length === 0) return heard;
    const offline = new OfflineAudioContext(1, Math.ceil((heard.length * kSampleRate) / rate), kSampleRate);
    const buffer = offline.createBuffer(1, heard.length, rate);
    buffer.copyToChannel(heard, 0);
    const source = offline.createBufferSource();
    source.buffer = buffer;
    source.connect(offline.destination);
    source.start();
    return (await offline.startRendering()).getChannelData(0) as Float32Array<ArrayBuffer>;
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    void this.#context?.suspend();
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
