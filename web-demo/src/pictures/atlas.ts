/** The map of the codebook. */
import { kCodeCount, placeOf } from './codebook';
import { css, type Rgb } from './color';
import type { Palette, Surface } from './surface';

const kTrail = 14;

export interface AtlasState {
  readonly codes: Int32Array;
  readonly colors: readonly Rgb[];
  readonly palette: Palette;
  /** Frame that is heard now, -1: none. */
  readonly frame: number;
  /** Code under the pointer, -1: none. */
  readonly marked: number;
}

export function drawAtlas(surface: Surface, { codes, colors, palette, frame, marked }: AtlasState): void {
  if (!surface.begin()) return;
  const { context, width, height } = surface;
  const radius = Math.min(width, height) / 2 - 10;
  const at = (code: number): [number, number] => {
    const [x, y] = placeOf(code);
    return [width / 2 + x * radius, height / 2 - y * radius];
  };
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const dot = (code: number, size: number) => {
    context.beginPath();
    context.arc(...at(code), size, 0, 2 * Math.PI);
  };

  for (let code = 0; code < kCodeCount; code++) {
    if (counts.has(code)) continue;
    context.fillStyle = palette.muted;
    context.globalAlpha = 0.32;
    dot(code, 1.4);
    context.fill();
  }
  for (const [code, count] of counts) {
    context.globalAlpha = marked < 0 || marked === code ? 0.95 : 0.35;
    context.fillStyle = css(colors[code] ?? [128, 128, 128]);
    dot(code, 2.6 + Math.min(5, 1.5 * Math.sqrt(count - 1)));
    context.fill();
  }
  context.globalAlpha = 1;
  context.strokeStyle = palette.ink;
  if (frame >= 0 && frame < codes.length) {
    context.lineWidth = 1.2;
    for (let i = Math.max(1, frame - kTrail); i <= frame; i++) {
      context.globalAlpha = 1 - (frame - i) / (kTrail + 1);
      context.beginPath();
      context.moveTo(...at(codes[i - 1] as number));
      context.lineTo(...at(codes[i] as number));
      context.stroke();
    }
    context.globalAlpha = 1;
  }
  const now = marked >= 0 ? marked : (codes[frame] ?? -1);
  if (now >= 0) {
    context.lineWidth = 2;
    dot(now, 10);
    context.stroke();
  }
}

/** The code nearest to a point of the canvas, -1 if none is near. */
export function codeAt(surface: Surface, x: number, y: number): number {
  const radius = Math.min(surface.width, surface.height) / 2 - 10;
  let best = -1;
  let nearest = 12 ** 2;
  for (let code = 0; code < kCodeCount; code++) {
    const [px, py] = placeOf(code);
    const distance = (surface.width / 2 + px * radius - x) ** 2 + (surface.height / 2 - py * radius - y) ** 2;
    if (distance < nearest) [best, nearest] = [code, distance];
  }
  return best;
}
