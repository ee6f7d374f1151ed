/** The record button, the level meter and the time between two looks at what was heard. */
import { seconds } from '../format';
import { readPalette, Surface } from '../pictures/surface';
import { checked } from './decode';
import { kMaxRecordingSeconds, type Recorder } from './recorder';

type Pcm = Float32Array<ArrayBuffer>;

export interface MicrophoneEvents {
  onStart(): void;
  /** Now and then, with all that was heard so far. The next look waits for the promise. */
  onSound(pcm: Pcm): Promise<void>;
  onEnd(pcm: Pcm): void;
  onProblem(error: unknown): void;
}

const kLiveSeconds = 0.25;
const kLevels = 60;

export class Microphone {
  readonly #button = document.getElementById('record') as HTMLButtonElement;
  readonly #meter = document.getElementById('meter') as HTMLElement;
  readonly #surface = Surface.byId('meter-canvas');
  #levels: number[] = [];
  #busy = false;
  #lastLook = 0;

  constructor(
    readonly recorder: Recorder,
    readonly events: MicrophoneEvents,
  ) {
    this.#button.disabled = false;
    this.#button.addEventListener('click', () => void (recorder.running ? this.#stop() : this.#start()));
  }

  async #start(): Promise<void> {
    this.#button.disabled = true;
    try {
      await this.recorder.start();
      this.#levels = [];
      this.#lastLook = 0;
      this.#show(true);
      this.events.onStart();
      requestAnimationFrame(() => this.#tick());
    } catch (error) {
      this.events.onProblem(error);
    } finally {
      this.#button.disabled = false;
    }
  }

  async #stop(): Promise<void> {
    this.recorder.stop();
    this.#show(false);
    try {
      this.events.onEnd(checked(this.recorder.samples()));
    } catch (error) {
      this.events.onProblem(error);
    }
  }

  #tick(): void {
    const { recorder } = this;
    if (!recorder.running) return;
    if (recorder.seconds >= kMaxRecordingSeconds) {
      void this.#stop();
      return;
    }
    this.#levels.push(recorder.level);
    this.#draw();
    const text = document.getElementById('meter-text');
    if (text) text.textContent = seconds(recorder.seconds);
    if (!this.#busy && recorder.seconds - this.#lastLook >= kLiveSeconds) void this.#look();
    requestAnimationFrame(() => this.#tick());
  }

  async #look(): Promise<void> {
    this.#busy = true;
    this.#lastLook = this.recorder.seconds;
    try {
      await this.events.onSound(checked(this.recorder.samples()));
    } catch {
      // Silence so far: nothing to show yet.
    } finally {
      this.#busy = false;
    }
  }

  #show(on: boolean): void {
    this.#meter.hidden = !on;
    this.#button.setAttribute('aria-pressed', String(on));
    const text = document.getElementById('record-text');
    if (text) text.textContent = on ? 'Stop recording' : 'Use the microphone';
  }

  #draw(): void {
    if (!this.#surface.begin()) return;
    const { context, width, height } = this.#surface;
    const palette = readPalette();
    const step = width / kLevels;
    this.#levels.splice(0, Math.max(0, this.#levels.length - kLevels));
    this.#levels.forEach((level, at) => {
      const bar = Math.max(2, Math.min(1, Math.sqrt(level)) * height);
      context.fillStyle = level > 0.98 ? palette.alert : palette.accent;
      context.fillRect(at * step, (height - bar) / 2, Math.max(1, step - 1.5), bar);
    });
  }
}
