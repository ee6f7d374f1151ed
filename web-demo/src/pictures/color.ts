/** Colours of the pictures, computed in OKLCH (B. Ottosson, "A perceptual color space for image processing", 2020). */
export type Rgb = readonly [number, number, number];

/** Lightness 0..1, chroma 0..0.4, hue in degrees, to sRGB bytes (clipped to what a screen can show). */
export function oklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toByte(linear: number): number {
  const x = Math.max(0, Math.min(1, linear));
  return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
}

export function css([r, g, b]: Rgb, alpha = 1): string {
  return `rgb(${r} ${g} ${b} / ${alpha})`;
}

type Stop = readonly [lightness: number, chroma: number, hue: number];

/** From quiet to loud. Lightness runs one way only, so that the picture also reads in grey. */
const kRamps: Record<'light' | 'dark', readonly Stop[]> = {
  light: [
    [0.975, 0.008, 200],
    [0.86, 0.055, 190],
    [0.66, 0.1, 185],
    [0.45, 0.085, 200],
    [0.22, 0.05, 240],
  ],
  dark: [
    [0.19, 0.02, 240],
    [0.34, 0.07, 225],
    [0.55, 0.1, 195],
    [0.78, 0.12, 165],
    [0.97, 0.07, 110],
  ],
};

/** 256 colours for values from 0 to 1. */
export function ramp(theme: 'light' | 'dark'): readonly Rgb[] {
  const stops = kRamps[theme];
  return Array.from({ length: 256 }, (_, at) => {
    const place = (at / 255) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(place));
    const [from, to] = [stops[low] as Stop, stops[low + 1] as Stop];
    const mix = (i: 0 | 1 | 2) => from[i] + (to[i] - from[i]) * (place - low);
    return oklch(mix(0), mix(1), mix(2));
  });
}
