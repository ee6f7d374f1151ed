/** Where the compressed encoder answers as the one it was made from, frame by frame. */
import { kCompared } from '../pictures/codebook';
import { drawAgreement, drawRibbon } from '../pictures/codes';
import { readPalette, Surface } from '../pictures/surface';

export class ComparisonPanel {
  readonly #surfaces = {
    int8: Surface.byId('ribbon-int8'),
    f32: Surface.byId('ribbon-f32'),
    agree: Surface.byId('agree'),
  };
  #shown: { int8: Int32Array; f32: Int32Array; span: number } | undefined;

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(document.getElementById('comparison') as HTMLElement);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
  }

  /** Codes of both; `span` in seconds. */
  show(int8: Int32Array, f32: Int32Array, span: number): void {
    this.#shown = { int8, f32, span };
    this.#draw();
  }

  #draw(): void {
    if (!this.#shown) return;
    const { int8, f32, span } = this.#shown;
    const palette = readPalette();
    const pictures = { colors: kCompared.colors(palette.theme), span, marked: -1 };
    drawRibbon(this.#surfaces.int8, int8, pictures);
    drawRibbon(this.#surfaces.f32, f32, pictures);
    drawAgreement(this.#surfaces.agree, int8, f32, span, palette);
  }
}
