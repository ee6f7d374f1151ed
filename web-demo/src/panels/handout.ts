/** The level switch, and a picture of exactly what an app is handed at that level. */
import type { PrivacyLevel } from 'edgy';
import type { SealReport } from 'edgy/sealed';
import type { PrivateEncoding } from '../engine';
import { bits, number, percent } from '../format';
import { kClasses, kPhones } from '../pictures/codebook';
import { drawEvents, kCodeStart, kCodeStep } from '../pictures/codes';
import { drawMatrix } from '../pictures/matrix';
import { drawMel } from '../pictures/sound';
import { readPalette, Surface } from '../pictures/surface';
import {
  type Item,
  isLevel,
  kEmbedding,
  kItems,
  kLevels,
  kSoundBitsPerSecond,
  priceAt,
  priceOf,
} from '../privacy/levels';

const byId = (id: string) => document.getElementById(id) as HTMLElement;
const kMelHop = 0.01;
/** Events written out under their picture. */
const kWritten = 24;

export class HandoutPanel {
  readonly #surfaces: Record<Item, Surface> = {
    mel: Surface.byId('out-mel'),
    z: Surface.byId('out-z'),
    phones: Surface.byId('out-phones'),
    classes: Surface.byId('out-classes'),
  };
  #level: PrivacyLevel = 'high';
  #report: SealReport | undefined;
  #shown: { encoding: PrivateEncoding; span: number } | undefined;

  constructor(onLevel: (level: PrivacyLevel) => void) {
    for (const input of document.querySelectorAll<HTMLInputElement>('input[name=level]')) {
      input.addEventListener('change', () => {
        if (!input.checked || !isLevel(input.value)) return;
        this.#level = input.value;
        this.#describe();
        this.draw();
        onLevel(input.value);
      });
    }
    new ResizeObserver(() => this.draw()).observe(byId('handout'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    this.#describe();
  }

  get level(): PrivacyLevel {
    return this.#level;
  }

  /** Prices, as the guard of a closed seal computed them from the model's policy. */
  price(report: SealReport): void {
    this.#report = report;
    this.#describe();
  }

  show(encoding: PrivateEncoding, span: number): void {
    this.#shown = { encoding, span };
    this.draw();
  }

  draw(): void {
    if (!this.#shown) return;
    const { encoding, span } = this.#shown;
    const palette = readPalette();
    const { mel, z, events } = encoding;
    drawMel(this.#surfaces.mel, mel, kMelHop, span, palette);
    drawMatrix(this.#surfaces.z, z, kEmbedding, { start: kCodeStart, step: kCodeStep, span }, palette);
    drawEvents(this.#surfaces.phones, events.phones, kPhones.colors(palette.theme));
    drawEvents(this.#surfaces.classes, events.classes, kClasses.colors(palette.theme));
    byId('out-phones-text').textContent = written(events.phones, (code) => kPhones.names[code] ?? String(code));
    byId('out-classes-text').textContent = written(events.classes, String);
  }

  #describe(): void {
    const items = kItems[this.#level];
    for (const item of Object.keys(this.#surfaces) as Item[]) {
      byId(`lane-${item}`).hidden = !items.includes(item);
      byId(`size-${item}`).textContent = perSecond(
        priceOf(item, this.#report),
        item === 'phones' || item === 'classes',
      );
    }
    for (const level of kLevels)
      byId(`price-${level}`).textContent = perSecond(priceAt(level, this.#report), level !== 'low');
    const rate = priceAt(this.#level, this.#report);
    byId('rate').textContent = rate === undefined ? 'not known' : bits(rate);
    byId('rate-note').textContent =
      rate === undefined
        ? 'a second: the seal that computes it could not be closed'
        : `a second${this.#level === 'low' ? '' : ' at most'}: ${percent(rate / kSoundBitsPerSecond, rate < kSoundBitsPerSecond / 10 ? 2 : 0)} of the sound’s ${bits(kSoundBitsPerSecond)}`;
  }
}

function perSecond(price: number | undefined, most: boolean): string {
  return price === undefined ? '' : `${most ? 'at most ' : ''}${bits(price)}/s`;
}

function written(events: Int32Array, name: (code: number) => string): string {
  if (events.length === 0) return 'Nothing lasted long enough to be an event.';
  const rest = events.length - kWritten;
  return `${Array.from(events.slice(0, kWritten), name).join(' ')}${rest > 0 ? ` and ${number(rest)} more` : ''}`;
}
