/** Pictures of plain numbers: a matrix over time, and a vector. */
import { css, oklch, type Rgb } from './color';
import type { Palette, Surface } from './surface';

/** From below the mean over nothing to above it; strength is the distance. */
function diverging(theme: 'light' | 'dark'): readonly Rgb[] {
  return Array.from({ length: 256 }, (_, at) => {
    const side = (at - 127.5) / 127.5;
    const strength = Math.abs(side);
    const lightness = theme === 'light' ? 0.97 - 0.47 * strength : 0.2 + 0.55 * strength;
    return oklch(lightness, 0.13 * strength, side < 0 ? 250 : 45);
  });
}

/** `data` is [frames, channels]; `start` and `step` say in seconds where frames lie. */
export function drawMatrix(
  surface: Surface,
  data: Float32Array,
  channels: number,
  time: { readonly start: number; readonly step: number; readonly span: number },
  palette: Palette,
): void {
  const frames = data.length / channels;
  if (!surface.begin() || frames === 0) return;
  const limit = 2.5 * deviation(data);
  const colors = diverging(palette.theme);
  const image = new ImageData(frames, channels);
  for (let frame = 0; frame < frames; frame++) {
    for (let channel = 0; channel < channels; channel++) {
      const side = Math.max(-1, Math.min(1, (data[frame * channels + channel] as number) / limit));
      const place = ((channels - 1 - channel) * frames + frame) * 4;
      image.data.set(colors[Math.round(127.5 + 127.5 * side)] as Rgb, place);
      image.data[place + 3] = 255;
    }
  }
  const small = new OffscreenCanvas(frames, channels);
  small.getContext('2d')?.putImageData(image, 0, 0);
  const { context, width, height } = surface;
  context.imageSmoothingEnabled = false;
  context.drawImage(small, (time.start / time.span) * width, 0, ((time.step * frames) / time.span) * width, height);
}

/** Bars upwards and downwards from the middle. */
export function drawVector(surface: Surface, values: Float32Array, palette: Palette): void {
  if (!surface.begin()) return;
  const { context, width, height } = surface;
  const colors = diverging(palette.theme);
  let limit = 1e-6;
  for (const value of values) limit = Math.max(limit, Math.abs(value));
  context.fillStyle = palette.line;
  context.fillRect(0, height / 2 - 0.5, width, 1);
  const step = width / values.length;
  values.forEach((value, at) => {
    const side = value / limit;
    context.fillStyle = css(
      colors[Math.round(127.5 + 127.5 * Math.sign(side) * (0.35 + 0.65 * Math.abs(side)))] as Rgb,
    );
    const bar = Math.max(1, (Math.abs(side) * (height - 2)) / 2);
    context.fillRect(at * step, side > 0 ? height / 2 - bar : height / 2, Math.max(1, step - 1), bar);
  });
}

function deviation(data: Float32Array): number {
  let square = 0;
  for (const value of data) square += value * value;
  return Math.sqrt(square / Math.max(1, data.length)) || 1;
}
