/** The pictures of one recording on a common time axis, with the cursor that runs through all of them. */
import { kSampleRate, type PrivateEncoding } from '../engine';
import { percent, seconds } from '../format';
import { codeAt, drawAtlas } from './atlas';
import { kClasses, kPhones, kSilence } from './codebook';
import { drawRibbon, drawScore, kCodeStart, kCodeStep } from './codes';
import { css, type Rgb } from './color';
import { drawAxis, drawMel, drawWave } from './sound';
import { type Palette, readPalette, Surface } from './surface';

const kMelHop = 0.01;

export interface Shown {
  readonly pcm: Float32Array;
  readonly encoding: PrivateEncoding;
  /** Seconds across the whole width; at least the recording's length. */
  readonly span: number;
}

export class Stage {
  readonly #surfaces = {
    wave: Surface.byId('wave'),
    mel: Surface.byId('mel'),
    codes: Surface.byId('codes'),
    classes: Surface.byId('ribbon-classes'),
    axis: Surface.byId('axis'),
    atlas: Surface.byId('codebook'),
  };
  readonly #score = document.getElementById('score') as HTMLElement;
  readonly #readout = document.getElementById('readout') as HTMLOutputElement;
  #palette: Palette = readPalette();
  #colors: readonly Rgb[] = kPhones.colors(this.#palette.theme);
  #shown: Shown | undefined;
  #position = 0;
  #hover = -1;
  #marked = -1;

  /** Called when a visitor points at a time, in seconds. */
  onSeek: (seconds: number) => void = () => {};

  constructor() {
    new ResizeObserver(() => this.draw()).observe(this.#score);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#retheme());
    this.#score.addEventListener('pointermove', (event) => this.#point(event));
    this.#score.addEventListener('pointerleave', () => this.#setHover(-1));
    this.#score.addEventListener('click', (event) => {
      const time = this.#timeOf(event);
      if (time >= 0) this.onSeek(time);
    });
    const { canvas } = this.#surfaces.atlas;
    canvas.addEventListener('pointermove', ({ offsetX, offsetY }) =>
      this.#mark(codeAt(this.#surfaces.atlas, offsetX, offsetY)),
    );
    canvas.addEventListener('pointerleave', () => this.#mark(-1));
  }

  show(shown: Shown): void {
    this.#shown = shown;
    this.#score.hidden = false;
    (document.getElementById('atlas') as HTMLElement).hidden = false;
    this.#hover = -1;
    this.#marked = -1;
    this.draw();
    this.moveTo(0);
  }

  /** Live: new pictures, the cursor at the end of what was heard. */
  showLive(shown: Shown): void {
    this.show(shown);
    this.moveTo(shown.pcm.length / kSampleRate);
  }

  moveTo(position: number): void {
    this.#position = position;
    const span = this.#shown?.span ?? 1;
    this.#score.style.setProperty('--at', String(Math.min(1, position / span)));
    this.#drawAtlas();
    this.#tell();
  }

  draw(): void {
    const shown = this.#shown;
    if (!shown) return;
    const palette = this.#palette;
    drawWave(this.#surfaces.wave, shown.pcm, kSampleRate, shown.span, palette);
    drawMel(this.#surfaces.mel, shown.encoding.mel, kMelHop, shown.span, palette);
    drawAxis(this.#surfaces.axis, shown.span, palette);
    this.#drawCodes();
    this.#drawAtlas();
  }

  #drawCodes(): void {
    const shown = this.#shown;
    if (!shown) return;
    const { phones, classes } = shown.encoding.frames;
    const { span } = shown;
    const marked = this.#marked;
    drawScore(this.#surfaces.codes, phones, kPhones, this.#palette, { colors: this.#colors, span, marked });
    const colors = kClasses.colors(this.#palette.theme);
    drawRibbon(this.#surfaces.classes, classes, { colors, span, marked: -1 }, kSilence);
  }

  #drawAtlas(): void {
    drawAtlas(this.#surfaces.atlas, {
      codes: this.#codes,
      colors: this.#colors,
      palette: this.#palette,
      frame: this.#frameNow(),
      marked: this.#marked,
    });
  }

  get #codes(): Int32Array {
    return this.#shown?.encoding.frames.phones ?? new Int32Array(0);
  }

  /** The frame under the pointer, else the one that is heard; -1 before the first. */
  #frameNow(): number {
    const time = this.#hover >= 0 ? this.#hover : this.#position;
    if (!this.#shown || (time <= 0 && this.#hover < 0)) return -1;
    const frame = Math.floor((time - kCodeStart) / kCodeStep);
    return Math.max(0, Math.min(this.#codes.length - 1, frame));
  }

  #tell(): void {
    const frame = this.#frameNow();
    const shown = this.#shown;
    this.#readout.replaceChildren();
    if (!shown) return;
    const codes = this.#codes;
    const code = this.#marked >= 0 && frame < 0 ? this.#marked : codes[frame];
    if (code === undefined) return;
    const swatch = document.createElement('span');
    swatch.className = 'swatch';
    swatch.style.background = css(this.#colors[code] ?? [128, 128, 128]);
    const count = codes.reduce((sum, other) => sum + (other === code ? 1 : 0), 0);
    const parts = [`code ${code}`, code === kSilence ? 'silence' : `mostly ${kPhones.names[code]}`];
    if (frame >= 0) parts.unshift(seconds(kCodeStart + frame * kCodeStep, 2));
    parts.push(`${percent(count / codes.length, 0)} of the frames`);
    this.#readout.append(swatch, parts.join(' · '));
  }

  #timeOf(event: MouseEvent): number {
    const track = (event.target as Element).closest?.('.track');
    if (!track || !this.#shown) return -1;
    const box = track.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.#shown.span;
  }

  #point(event: PointerEvent): void {
    if (event.pointerType === 'mouse') this.#setHover(this.#timeOf(event));
  }

  #setHover(time: number): void {
    this.#hover = time;
    this.#score.style.setProperty('--hover', String(time < 0 ? -1 : time / (this.#shown?.span ?? 1)));
    this.#mark(time < 0 ? -1 : (this.#codes[this.#frameNow()] ?? -1));
  }

  #mark(code: number): void {
    if (code !== this.#marked) {
      this.#marked = code;
      this.#drawCodes();
      this.#drawAtlas();
    }
    this.#tell();
  }

  #retheme(): void {
    this.#palette = readPalette();
    this.#colors = kPhones.colors(this.#palette.theme);
    this.draw();
  }
}
