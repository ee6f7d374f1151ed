/** "Teach the attacker my voice": the visitor reads a few sentences, small attackers learn from them, and are then tested. */
import { AudioProblem } from '../audio/decode';
import type { Recorder } from '../audio/recorder';
import { explain, kSampleRate, type PrivateModel } from '../engine';
import { number, percent, seconds } from '../format';
import { kClasses, kPhones } from '../pictures/codebook';
import { moments } from '../privacy/attackers';
import { at } from '../quiet/shelf';
import { type Found, kFolds, type Piece, type Readers, teach } from '../teach/experiment';
import { element } from './element';

const byId = (id: string) => document.getElementById(id) as HTMLElement;
const kMaxSeconds = 60;
/** Below this, a piece has no speech in it. */
const kQuiet = 1e-3;
const kTitles = { low: 'Low', moderate: 'Moderate', high: 'High' } as const;

export async function loadReaders(): Promise<Readers> {
  const response = await fetch(at('attackers/private-8-readers.json'));
  if (!response.ok) throw new Error(`The readers could not be loaded (HTTP ${response.status}).`);
  return (await response.json()) as Readers;
}

export class TeachPanel {
  readonly #button = byId('teach') as HTMLButtonElement;
  #busy = false;

  constructor(
    readonly recorder: Recorder,
    readonly model: PrivateModel,
    readonly readers: Readers,
    /** Called before the microphone opens. */
    readonly onStart: () => void,
  ) {
    this.#button.disabled = false;
    this.#button.addEventListener('click', () => void this.#press());
    this.#say(`Read the sentences aloud: ${number(this.#least)} seconds are needed, and more are better.`);
  }

  /** Seconds: a piece for each part. */
  get #least(): number {
    return kFolds * this.readers.seconds;
  }

  /** A button that is disabled while it works would lose the focus of the keyboard. */
  async #press(): Promise<void> {
    if (this.#busy) return;
    this.#setBusy(true);
    try {
      await (this.recorder.running ? this.#finish() : this.#start());
    } catch (error) {
      this.#say(explain(error), 'problem');
    } finally {
      this.#setBusy(false);
    }
  }

  #setBusy(busy: boolean): void {
    this.#busy = busy;
    this.#button.setAttribute('aria-disabled', String(busy));
  }

  async #start(): Promise<void> {
    this.onStart();
    await this.recorder.start();
    this.#button.setAttribute('aria-pressed', 'true');
    byId('teach-text').textContent = 'Stop, and learn';
    this.#say('Listening. Read the sentences aloud.');
    this.#tick();
  }

  #tick(): void {
    if (!this.recorder.running) return;
    if (this.recorder.seconds >= kMaxSeconds) {
      void this.#press();
      return;
    }
    const bar = byId('teach-progress') as HTMLProgressElement;
    bar.value = Math.min(1, this.recorder.seconds / this.#least);
    byId('teach-time').textContent = seconds(this.recorder.seconds, 0);
    requestAnimationFrame(() => this.#tick());
  }

  async #finish(): Promise<void> {
    this.recorder.stop();
    this.#button.setAttribute('aria-pressed', 'false');
    byId('teach-text').textContent = 'Record again';
    await this.#learn(this.recorder.samples());
  }

  async #learn(pcm: Float32Array): Promise<void> {
    const pieces = await this.#pieces(pcm);
    if (pieces.length < kFolds) {
      throw new AudioProblem(
        `Too little speech: ${number(kFolds)} pieces of ${seconds(this.readers.seconds, 0)} are needed, and ${number(pieces.length)} were heard. Record again.`,
      );
    }
    this.#say('The attackers are learning.');
    const list = byId('teach-found');
    list.replaceChildren();
    const all: Found[] = [];
    await teach(pieces, this.readers, { phones: kPhones.size, classes: kClasses.size }, (found) => {
      all.push(found);
      list.append(row(found));
    });
    const { people, pieces: count } = all[0] as Found;
    const parts = all.map(({ level, found }) => `at ${level} in ${number(found)}`);
    this.#say(
      `Of ${number(count)} pieces of your speech that it had not learnt from, the attacker found you ${parts.join(', ')}. ` +
        `Guessing among ${number(people)} people finds ${number(count / people, 1)}.`,
      'done',
    );
  }

  /** What each few seconds would hand out. Silent ones are left out. */
  async #pieces(pcm: Float32Array): Promise<Piece[]> {
    const length = this.readers.seconds * kSampleRate;
    const pieces: Piece[] = [];
    for (let from = 0; from + length <= pcm.length; from += length) {
      const sound = pcm.slice(from, from + length);
      if (Math.sqrt(sound.reduce((sum, x) => sum + x * x, 0) / length) < kQuiet) continue;
      const { mel, events } = await this.model.encode(sound);
      pieces.push({ recording: pieces.length, mel: moments(mel.frames, mel.bands, mel.data), ...events });
    }
    return pieces;
  }

  #say(text: string, state = 'open'): void {
    const line = byId('teach-said');
    line.textContent = text;
    line.dataset.state = state;
  }
}

function row({ level, found, pieces, readers, people }: Found): HTMLElement {
  const item = element('li', 'belief');
  item.dataset.level = level;
  const track = element('span', 'belief-track');
  track.style.setProperty('--share', String(found / pieces));
  track.style.setProperty('--chance', String(1 / people));
  const name = element('span', 'belief-name', kTitles[level]);
  const share = element('span', 'belief-share', `${number(found)} of ${number(pieces)}`);
  const note = element('span', 'teach-note', `of the readers’ pieces it names ${percent(readers, 0)} rightly`);
  item.append(name, track, share, note);
  return item;
}
