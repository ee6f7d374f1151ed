/** The level switch, and a picture of exactly what an app is handed at that level. */
import type { PrivacyLevel } from 'edgy';
import type { Encoding } from '../engine';
import { bits, percent } from '../format';
import { codeColors } from '../pictures/codebook';
import { drawRibbon, kCodeStart, kCodeStep } from '../pictures/codes';
import { drawMatrix, drawVector } from '../pictures/matrix';
import { drawMel } from '../pictures/sound';
import { readPalette, Surface } from '../pictures/surface';
import {
  bitsPerSecond,
  type Item,
  isLevel,
  kBitsPerSecond,
  kEmbedding,
  kItems,
  kSoundBitsPerSecond,
  kVoiceBits,
} from '../privacy/levels';

const byId = (id: string) => document.getElementById(id) as HTMLElement;
const kMelHop = 0.01;
/** Codes written out as numbers under their picture. */
const kWritten = 24;

export interface HandoutEvents {
  onLevel(level: PrivacyLevel): void;
  /** A speaker's id, or '' for the voice of the recording itself. */
  onVoice(speaker: string): void;
}

export class HandoutPanel {
  readonly #surfaces: Record<Item, Surface> = {
    mel: Surface.byId('out-mel'),
    z: Surface.byId('out-z'),
    codes: Surface.byId('out-codes'),
    voice: Surface.byId('out-voice'),
  };
  readonly #select = byId('voice-select') as HTMLSelectElement;
  #level: PrivacyLevel = 'high';
  #shown: { encoding: Encoding; span: number; voice: Float32Array } | undefined;

  constructor(events: HandoutEvents) {
    for (const input of document.querySelectorAll<HTMLInputElement>('input[name=level]')) {
      input.addEventListener('change', () => {
        if (!input.checked || !isLevel(input.value)) return;
        this.#level = input.value;
        this.#describe();
        this.draw();
        events.onLevel(input.value);
      });
    }
    this.#select.addEventListener('change', () => events.onVoice(this.#select.value));
    new ResizeObserver(() => this.draw()).observe(byId('handout'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    this.#describe();
  }

  get level(): PrivacyLevel {
    return this.#level;
  }

  /** Voices to choose from, besides the one that speaks. */
  offerVoices(voices: readonly { readonly id: string; readonly name: string }[]): void {
    for (const { id, name } of voices) this.#select.add(new Option(name, id));
  }

  show(encoding: Encoding, span: number, voice: Float32Array): void {
    this.#shown = { encoding, span, voice };
    this.draw();
  }

  draw(): void {
    if (!this.#shown) return;
    const { encoding, span, voice } = this.#shown;
    const palette = readPalette();
    const { mel, z, codes } = encoding;
    if (mel) drawMel(this.#surfaces.mel, mel, kMelHop, span, palette);
    drawMatrix(this.#surfaces.z, z, kEmbedding, { start: kCodeStart, step: kCodeStep, span }, palette);
    drawRibbon(this.#surfaces.codes, codes, {
      int8: codes,
      f32: undefined,
      colors: codeColors(palette.theme),
      span,
      palette,
      marked: -1,
    });
    drawVector(this.#surfaces.voice, voice, palette);
    const rest = codes.length - kWritten;
    byId('out-numbers').textContent =
      `${[...codes.slice(0, kWritten)].join(' ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  }

  #describe(): void {
    const items = kItems[this.#level];
    for (const item of Object.keys(this.#surfaces) as Item[]) {
      byId(`lane-${item}`).hidden = !items.includes(item);
      byId(`size-${item}`).textContent =
        item === 'voice' ? `${bits(kVoiceBits)} once` : `${bits(kBitsPerSecond[item])}/s`;
    }
    const rate = bitsPerSecond(this.#level);
    byId('rate').textContent = `${bits(rate)}`;
    byId('rate-note').textContent =
      `a second${items.includes('voice') ? `, and ${bits(kVoiceBits)} once` : ''}: ` +
      `${percent(rate / kSoundBitsPerSecond, rate < kSoundBitsPerSecond / 10 ? 2 : 0)} of the sound’s ` +
      `${bits(kSoundBitsPerSecond)}`;
  }
}
