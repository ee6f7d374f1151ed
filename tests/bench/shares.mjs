// How near each layer comes to the machine's limit: its multiplications a second beside the fastest integer loop of the same page.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { edgy, root } from '../lib/paths.mjs';

/** Layers that do less take no time worth a share. */
const kLeastMacs = 5e6;

/** Density of each operator's weights, by name. @param {string} file */
function densities(file) {
  const text = execFileSync(edgy, ['inspect', path.resolve(root, file), '--json'], { encoding: 'utf8' });
  return new Map(JSON.parse(text).operators.map(({ name, density }) => [name, density ?? 1]));
}

/**
 * Adds to each row of an int8 `.edgy` model what its layers reach.
 * @param {any[]} rows with `profile` @param {{ unit: string, rate: number }[]} peaks
 */
export function addShares(rows, peaks) {
  const best = Math.max(
    ...peaks.filter(({ unit, name }) => unit === 'GMAC/s' && !name.startsWith('f32')).map((p) => p.rate),
  );
  for (const row of rows) {
    if (!row.profile?.some(({ kernel }) => kernel.includes('int8/'))) continue;
    const density = densities(row.file);
    row.layers = row.profile
      .filter(({ kernel, macs }) => kernel.includes('int8/') && macs >= kLeastMacs)
      .map(({ name, kernel, milliseconds, macs }) => {
        const rate = (macs * (density.get(name) ?? 1)) / milliseconds / 1e6;
        return { name, kernel, milliseconds, density: density.get(name) ?? 1, rate, share: rate / best };
      });
  }
}

/** @param {any[]} rows */
export function formatShares(rows) {
  const lines = rows.flatMap(({ name, layers }) =>
    (layers ?? []).map((layer, i) => [
      i === 0 ? name : '',
      layer.name,
      layer.kernel,
      `${Math.round(100 * layer.density)} %`,
      layer.milliseconds.toFixed(3),
      layer.rate.toFixed(1),
      `${Math.round(100 * layer.share)} %`,
    ]),
  );
  return [['model', 'layer', 'kernel', 'density', 'ms', 'GMAC/s', 'of the fastest loop'], ...lines];
}

/** Every step of a run, the longest first. @param {{ name: string, profile: any[] }} row */
export function formatSteps({ name, profile }) {
  const steps = [...profile].sort((a, b) => b.milliseconds - a.milliseconds);
  const total = steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return [
    [`${name}: ${total.toFixed(3)} ms in steps`, 'kernel', 'ms', 'share'],
    ...steps.map((step) => [
      step.name,
      step.kernel,
      step.milliseconds.toFixed(3),
      `${Math.round((100 * step.milliseconds) / total)} %`,
    ]),
  ];
}
