/** The map of the codes that say phones. */
import { kPhones, kSilence } from './codebook';
import { css, type Rgb } from './color';
import type { Palette, Surface } from './surface';

const kTrail = 14;
/** Radius of a code that was not heard, large enough for its name. */
const kDot = 9;
/** From the edge of the picture, so that the outermost codes are whole. */
const kMargin = 20;

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
  const radius = Math.min(width, height) / 2 - kMargin;
  const at = (code: number): [number, number] => {
    const [x, y] = kPhones.placeOf(code);
    return [width / 2 + x * radius, height / 2 - y * radius];
  };
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const dot = (code: number, size: number) => {
    context.beginPath();
    context.arc(...at(code), size, 0, 2 * Math.PI);
  };

  context.font = `600 12px ${palette.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let code = 0; code < kPhones.size; code++) {
    const count = counts.get(code) ?? 0;
    const bright = marked < 0 || marked === code;
    const [x, y] = at(code);
    context.globalAlpha = count ? (bright ? 0.95 : 0.35) : 0.4;
    context.fillStyle = count ? css(colors[code] ?? [128, 128, 128]) : palette.line;
    dot(code, kDot + Math.min(6, 1.2 * Math.sqrt(count)));
    context.fill();
    context.globalAlpha = count && !bright ? 0.5 : 1;
    context.fillStyle = count ? palette.onCode : palette.muted;
    context.fillText(code === kSilence ? '–' : (kPhones.names[code] ?? ''), x, y);
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
    dot(now, kDot + 7);
    context.stroke();
  }
}

/** The code nearest to a point of the canvas, -1 if none is near. */
export function codeAt(surface: Surface, x: number, y: number): number {
  const radius = Math.min(surface.width, surface.height) / 2 - kMargin;
  let best = -1;
  let nearest = 16 ** 2;
  for (let code = 0; code < kPhones.size; code++) {
    const [px, py] = kPhones.placeOf(code);
    const distance = (surface.width / 2 + px * radius - x) ** 2 + (surface.height / 2 - py * radius - y) ** 2;
    if (distance < nearest) [best, nearest] = [code, distance];
  }
  return best;
}
