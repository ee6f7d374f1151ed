/** Pictures of codes over time, and of events, which have none. */
import type { Codebook } from './codebook';
import { css, type Rgb } from './color';
import type { Palette, Surface } from './surface';

/** Code i stands for the sound from kCodeStart + i * kCodeStep on: the encoders' stride is two columns of 10 ms. */
export const kCodeStep = 0.02;
export const kCodeStart = 0.005;

export interface CodePictures {
  readonly colors: readonly Rgb[];
  /** Seconds that the whole width stands for. */
  readonly span: number;
  /** All places of this code are set off, -1: none. */
  readonly marked: number;
}

/** Stretches of equal codes: [code, first, behind last]. */
function runs(codes: Int32Array): [number, number, number][] {
  const found: [number, number, number][] = [];
  for (let at = 0; at < codes.length; ) {
    let end = at + 1;
    while (end < codes.length && codes[end] === codes[at]) end++;
    found.push([codes[at] as number, at, end]);
    at = end;
  }
  return found;
}

const colorOf = (colors: readonly Rgb[], code: number): Rgb => colors[code] ?? [128, 128, 128];

/** A piano roll: time to the right, codes upwards by the main axis of the codebook. */
export function drawScore(
  surface: Surface,
  codes: Int32Array,
  book: Codebook,
  palette: Palette,
  { colors, span, marked }: CodePictures,
): void {
  if (!surface.begin()) return;
  const { context, width, height } = surface;
  const xOf = (frame: number) => ((kCodeStart + frame * kCodeStep) / span) * width;
  const bar = Math.max(4, Math.min(7, height / 30));
  const yOf = (code: number) => bar / 2 + 2 + (1 - book.heightOf(code)) * (height - bar - 4);

  context.fillStyle = palette.line;
  for (const share of [0.25, 0.5, 0.75]) context.fillRect(0, Math.round(height * share), width, 0.5);

  const stretches = runs(codes);
  context.strokeStyle = palette.muted;
  context.globalAlpha = marked < 0 ? 0.28 : 0.12;
  context.lineWidth = 1;
  context.beginPath();
  stretches.forEach(([code, , end], at) => {
    const next = stretches[at + 1];
    if (!next) return;
    context.moveTo(xOf(end), yOf(code));
    context.lineTo(xOf(end), yOf(next[0]));
  });
  context.stroke();

  for (const [code, from, end] of stretches) {
    context.globalAlpha = marked < 0 || code === marked ? 1 : 0.22;
    context.fillStyle = css(colorOf(colors, code));
    context.beginPath();
    const length = Math.max(bar * 0.8, xOf(end) - xOf(from) - 0.5);
    context.roundRect(xOf(from), yOf(code) - bar / 2, length, bar, bar / 2);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** `quiet`: a code that is left out, as silence. */
export function drawRibbon(
  surface: Surface,
  codes: Int32Array,
  { colors, span, marked }: CodePictures,
  quiet = -1,
): void {
  if (!surface.begin()) return;
  const { context, width, height } = surface;
  const xOf = (frame: number) => ((kCodeStart + frame * kCodeStep) / span) * width;
  for (const [code, from, end] of runs(codes)) {
    if (code === quiet) continue;
    context.globalAlpha = marked < 0 || code === marked ? 1 : 0.22;
    context.fillStyle = css(colorOf(colors, code));
    context.fillRect(xOf(from), 0, xOf(end) - xOf(from) + 0.3, height);
  }
  context.globalAlpha = 1;
}

/** A block an event, side by side, all of one width: when they were and how long they took is not known any more. */
export function drawEvents(surface: Surface, events: Int32Array, colors: readonly Rgb[]): void {
  if (!surface.begin() || events.length === 0) return;
  const { context, width, height } = surface;
  const step = Math.min(16, width / events.length);
  events.forEach((event, at) => {
    context.fillStyle = css(colorOf(colors, event));
    context.beginPath();
    context.roundRect(at * step, 0, Math.max(1, step - (step > 4 ? 2 : 0.5)), height, Math.min(4, step / 4));
    context.fill();
  });
}

/** A line where both models agree; a mark of full height where they do not. */
export function drawAgreement(
  surface: Surface,
  int8: Int32Array,
  f32: Int32Array,
  span: number,
  palette: Palette,
): void {
  if (!surface.begin()) return;
  const { context, width, height } = surface;
  const step = (kCodeStep / span) * width;
  for (let at = 0; at < Math.min(int8.length, f32.length); at++) {
    const x = ((kCodeStart + at * kCodeStep) / span) * width;
    const equal = int8[at] === f32[at];
    context.fillStyle = equal ? palette.accent : palette.alert;
    if (equal) context.fillRect(x, height - 4, step + 0.3, 4);
    else context.fillRect(x, 0, Math.max(2, step), height);
  }
}
