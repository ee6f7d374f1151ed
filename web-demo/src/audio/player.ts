import { kSampleRate } from '../engine';

/** Plays samples and tells where it is, in seconds. */
export class Player {
  #context: AudioContext | undefined;
  #source: AudioBufferSourceNode | undefined;
  #pcm: Float32Array<ArrayBuffer> = new Float32Array(0);
  #startedAt = 0;
  #offset = 0;

  /** Called at every change between playing and not. */
  onChange: (playing: boolean) => void = () => {};

  load(pcm: Float32Array<ArrayBuffer>): void {
    this.stop();
    this.#pcm = pcm;
    this.#offset = 0;
  }

  get playing(): boolean {
    return this.#source !== undefined;
  }

  get seconds(): number {
    return this.#pcm.length / kSampleRate;
  }

  get position(): number {
    if (!this.#source || !this.#context) return this.#offset;
    return Math.min(this.seconds, this.#offset + this.#context.currentTime - this.#startedAt);
  }

  async play(): Promise<void> {
    if (this.#source || this.#pcm.length === 0) return;
    const context = (this.#context ??= new AudioContext());
    await context.resume();
    if (this.#offset > this.seconds - 0.05) this.#offset = 0;
    const buffer = context.createBuffer(1, this.#pcm.length, kSampleRate);
    buffer.copyToChannel(this.#pcm, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = () => {
      if (this.#source === source) this.stop();
    };
    source.start(0, this.#offset);
    this.#startedAt = context.currentTime;
    this.#source = source;
    this.onChange(true);
  }

  stop(): void {
    if (!this.#source) return;
    this.#offset = this.position;
    const source = this.#source;
    this.#source = undefined;
    source.stop();
    this.onChange(false);
  }

  seek(seconds: number): void {
    const again = this.playing;
    this.stop();
    this.#offset = Math.max(0, Math.min(this.seconds, seconds));
    if (again) void this.play();
  }
}
