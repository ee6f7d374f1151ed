/** The pictures of one recording on a common time axis, with the cursor that runs through all of them. */
import { type Encoding, kSampleRate } from '../engine';
import { percent, seconds } from '../format';
import { codeAt, drawAtlas } from './atlas';
import { codeColors } from './codebook';
import { type CodePictures, drawAgreement, drawRibbon, drawScore, kCodeStart, kCodeStep } from './codes';
import { css, type Rgb } from './color';
import { drawAxis, drawMel, drawWave } from './sound';
import { type Palette, readPalette, Surface } from './surface';

const kMelHop = 0.01;

export interface Shown {
  readonly pcm: Float32Array;
  readonly int8: Encoding;
  /** Absent while a recording is still going on. */
  readonly f32?: Encoding;
  /** Seconds across the whole width; at least the recording's length. */
  readonly span: number;
}

export class Stage {
  readonly #surfaces = {
    wave: Surface.byId('wave'),
    mel: Surface.byId('mel'),
    codes: Surface.byId('codes'),
    int8: Surface.byId('ribbon-int8'),
    f32: Surface.byId('ribbon-f32'),
    agree: Surface.byId('agree'),
    axis: Surface.byId('axis'),
    atlas: Surface.byId('codebook'),
  };
  readonly #score = document.getElementById('score') as HTMLElement;
  readonly #readout = document.getElementById('readout') as HTMLOutputElement;
  #palette: Palette = readPalette();
  #colors: readonly Rgb[] = codeColors(this.#palette.theme);
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
    if (shown.int8.mel) drawMel(this.#surfaces.mel, shown.int8.mel, kMelHop, shown.span, palette);
    drawAxis(this.#surfaces.axis, shown.span, palette);
    this.#drawCodes();
    this.#drawAtlas();
  }

  #drawCodes(): void {
    const shown = this.#shown;
    if (!shown) return;
    const pictures: CodePictures = {
      int8: shown.int8.codes,
      f32: shown.f32?.codes,
      colors: this.#colors,
      span: shown.span,
      palette: this.#palette,
      marked: this.#marked,
    };
    drawScore(this.#surfaces.codes, pictures);
    drawRibbon(this.#surfaces.int8, pictures.int8, pictures);
    drawRibbon(this.#surfaces.f32, pictures.f32 ?? new Int32Array(0), pictures);
    drawAgreement(this.#surfaces.agree, pictures);
  }

  #drawAtlas(): void {
    drawAtlas(this.#surfaces.atlas, {
      codes: this.#shown?.int8.codes ?? new Int32Array(0),
      colors: this.#colors,
      palette: this.#palette,
      frame: this.#frameNow(),
      marked: this.#marked,
    });
  }

  /** The frame under the pointer, else the one that is heard; -1 before the first. */
  #frameNow(): number {
    const time = this.#hover >= 0 ? this.#hover : this.#position;
    if (!this.#shown || (time <= 0 && this.#hover < 0)) return -1;
    const frame = Math.floor((time - kCodeStart) / kCodeStep);
    return Math.max(0, Math.min(this.#shown.int8.codes.length - 1, frame));
  }

  #tell(): void {
    const frame = this.#frameNow();
    const shown = this.#shown;
    this.#readout.replaceChildren();
    if (!shown) return;
    const code = this.#marked >= 0 && frame < 0 ? this.#marked : shown.int8.codes[frame];
    if (code === undefined) return;
    const swatch = document.createElement('span');
    swatch.className = 'swatch';
    swatch.style.background = css(this.#colors[code] ?? [128, 128, 128]);
    const count = shown.int8.codes.reduce((sum, other) => sum + (other === code ? 1 : 0), 0);
    const parts = [`code ${code}`];
    if (frame >= 0) parts.unshift(seconds(kCodeStart + frame * kCodeStep, 2));
    parts.push(`${percent(count / shown.int8.codes.length, 0)} of the frames`);
    const reference = frame >= 0 ? shown.f32?.codes[frame] : undefined;
    if (reference !== undefined) parts.push(reference === code ? 'fp32 agrees' : `fp32 says ${reference}`);
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
    this.#mark(time < 0 ? -1 : (this.#shown?.int8.codes[this.#frameNow()] ?? -1));
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
    this.#colors = codeColors(this.#palette.theme);
    this.draw();
  }
}
