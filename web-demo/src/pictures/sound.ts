/** Pictures of the sound itself: waveform, log-mel, time axis. */
import type { Mel } from '../engine';
import { ramp } from './color';
import type { Palette, Surface } from './surface';

/** `span`: seconds that the whole width stands for. */
export function drawWave(surface: Surface, pcm: Float32Array, rate: number, span: number, palette: Palette): void {
  if (!surface.begin()) return;
  const { context, width, height } = surface;
  const perPixel = (span * rate) / width;
  let peak = 1e-3;
  for (const x of pcm) peak = Math.max(peak, Math.abs(x));
  context.fillStyle = palette.line;
  context.fillRect(0, height / 2 - 0.5, width, 1);
  context.fillStyle = palette.ink;
  const step = 1 / surface.scale;
  for (let x = 0; x < width; x += step) {
    const from = Math.floor(x * perPixel);
    const to = Math.min(pcm.length, Math.max(from + 1, Math.floor((x + step) * perPixel)));
    if (from >= pcm.length) break;
    let low = 0;
    let high = 0;
    for (let i = from; i < to; i++) {
      const value = pcm[i] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const half = (height / 2 - 1) / peak;
    context.fillRect(x, height / 2 - high * half, step, Math.max(step, (high - low) * half));
  }
}

/** Values around 0..1; low bands at the bottom. `hop`: seconds between columns. */
export function drawMel(surface: Surface, mel: Mel, hop: number, span: number, palette: Palette): void {
  if (!surface.begin() || mel.frames === 0) return;
  const colors = ramp(palette.theme);
  const image = new ImageData(mel.frames, mel.bands);
  for (let band = 0; band < mel.bands; band++) {
    const row = (mel.bands - 1 - band) * mel.frames;
    for (let frame = 0; frame < mel.frames; frame++) {
      const value = mel.data[band * mel.frames + frame] as number;
      const color = colors[Math.max(0, Math.min(255, Math.round(value * 255)))];
      image.data.set(color ?? [0, 0, 0], (row + frame) * 4);
      image.data[(row + frame) * 4 + 3] = 255;
    }
  }
  const small = new OffscreenCanvas(mel.frames, mel.bands);
  small.getContext('2d')?.putImageData(image, 0, 0);
  const { context, width, height } = surface;
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  // Columns are centred on their time: the first one half before it.
  const columnWidth = (hop / span) * width;
  context.drawImage(small, -columnWidth / 2, 0, columnWidth * mel.frames, height);
}

export function drawAxis(surface: Surface, span: number, palette: Palette): void {
  if (!surface.begin()) return;
  const { context, width } = surface;
  const steps = [0.25, 0.5, 1, 2, 5, 10];
  const step = steps.find((seconds) => (seconds / span) * width >= 52) ?? 10;
  context.font = `12px ${palette.font}`;
  context.textBaseline = 'top';
  for (let second = 0; second <= span + 1e-6; second += step) {
    const x = (second / span) * width;
    context.fillStyle = palette.line;
    context.fillRect(Math.min(width - 1, x), 0, 1, 6);
    context.fillStyle = palette.muted;
    const label = `${Number(second.toFixed(2))} s`;
    const half = context.measureText(label).width / 2;
    context.fillText(label, Math.max(0, Math.min(width - 2 * half, x - half)), 9);
  }
}
