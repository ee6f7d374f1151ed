/** "Hear what is handed out": the events of the chosen level, spoken by a synthesizer that has never heard the visitor. */
import type { PrivacyLevel } from 'edgy';
import spoken from '../../models/private-8-spoken.json';
import { explain, type PrivateEncoding } from '../engine';
import { number, percent } from '../format';
import { kPhones, kSayable } from '../pictures/codebook';
import { quiet } from '../quiet/shelf';
import { phonemes } from '../voice/phonemes.mjs';
import { Voice } from '../voice/voice';

const byId = (id: string) => document.getElementById(id) as HTMLElement;

export class HearPanel {
  readonly #button = byId('hear') as HTMLButtonElement;
  readonly #voice = new Voice();
  #level: PrivacyLevel;
  #busy = false;
  #encoding: PrivateEncoding | undefined;
  #context: AudioContext | undefined;
  #source: AudioBufferSourceNode | undefined;

  constructor(
    level: PrivacyLevel,
    /** Told of each file before it is asked for. */
    readonly onFetch: (url: string) => void,
  ) {
    this.#level = level;
    this.#button.addEventListener('click', () => void this.#hear());
    this.#describe();
  }

  setLevel(level: PrivacyLevel): void {
    this.#level = level;
    this.#describe();
  }

  show(encoding: PrivateEncoding): void {
    this.#encoding = encoding;
    // The voice is loaded when asked for, which the quiet page cannot do.
    this.#button.disabled = quiet !== undefined;
  }

  #describe(): void {
    const share = this.#level === 'high' ? spoken.high : spoken.moderate;
    const what =
      this.#level === 'high'
        ? 'each of the 8 classes as the phone that it mostly stands for'
        : 'each code as the phone that it mostly stands for';
    this.#say(
      `eSpeak NG says ${what}. Of ${number(spoken.count)} digits so spoken, another recognizer (pocketsphinx) understands ` +
        `${percent(share, 0)}; of the same digits that eSpeak NG says from text ${percent(spoken.said, 0)}, of the recordings themselves ` +
        `${percent(spoken.recording, 0)}.`,
    );
  }

  async #hear(): Promise<void> {
    const encoding = this.#encoding;
    if (!encoding || this.#busy) return;
    this.#setBusy(true);
    try {
      this.#source?.stop();
      for (const url of Voice.files) this.onFetch(url);
      const { events } = encoding;
      const phones =
        this.#level === 'high'
          ? Array.from(events.classes, (code) => kSayable[code] ?? '')
          : Array.from(events.phones, (code) => kPhones.names[code] ?? '');
      const { pcm, rate } = await this.#voice.say(phonemes(phones));
      await this.#play(pcm, rate);
      document.documentElement.dataset.spoken = String(pcm.length / rate);
      this.#describe();
    } catch (error) {
      this.#say(explain(error));
    } finally {
      this.#setBusy(false);
    }
  }

  /** A button that is disabled while it works would lose the focus of the keyboard. */
  #setBusy(busy: boolean): void {
    this.#busy = busy;
    this.#button.setAttribute('aria-disabled', String(busy));
  }

  async #play(pcm: Float32Array<ArrayBuffer>, rate: number): Promise<void> {
    if (pcm.length === 0) return;
    this.#context ??= new AudioContext();
    await this.#context.resume();
    const buffer = this.#context.createBuffer(1, pcm.length, rate);
    buffer.copyToChannel(pcm, 0);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#context.destination);
    source.start();
    this.#source = source;
  }

  #say(text: string): void {
    byId('hear-said').textContent = text;
  }
}
