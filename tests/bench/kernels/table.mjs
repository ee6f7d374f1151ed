// Writes the measured part of docs/kernels.md: node table.mjs MEASURED.json (of bench-kernels.mjs --json) [--write]
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const page = fileURLToPath(new URL('../../../docs/kernels.md', import.meta.url));
const layer = 'conv 768x2304';
const kinds = ['dense 100%', 'sparse 50%', 'sparse 30%', 'sparse 20%', 'sparse 10%', '4x4 50%', '4x4 20%', '4x4 10%'];

/** @param {{ rows: any[] }} measured @returns {string} Markdown */
export function table({ rows }) {
  const row = (/** @type {string} */ name) => rows.find((one) => one.name === name);
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`;
  const loops = rows.filter(({ name }) => /^(tile|registers)_(i16|dot|pair|sum_pair)/.test(name));
  const peak = Math.max(...loops.map(({ rate }) => rate));
  const loads = rows
    .filter(({ name }) => name.startsWith('load '))
    .map(({ name, rate }) => {
      const [, size, unit] = /load ([\d.]+) (\w+)/.exec(name) ?? [];
      return { name: name.slice(5), bytes: Number(size) * (unit === 'MB' ? 1 << 20 : 1 << 10), rate };
    });
  // The smallest measured range that holds the weights.
  const level = (/** @type {number} */ bytes) => loads.find((load) => load.bytes >= bytes * 0.95) ?? loads.at(-1);
  const cells = (/** @type {string} */ positions, /** @type {(row: any) => string} */ text) =>
    kinds.map((kind) => text(row(`${layer} ${positions} ${kind} relaxed-pair`)));
  const strip = cells('T100', ({ milliseconds, rate }) => {
    return `${milliseconds.toFixed(3)} ms, ${rate.toFixed(1)} (${percent(rate / peak)})`;
  });
  const column = cells('T1', ({ milliseconds, weightGBps, bytes }) => {
    return `${(1000 * milliseconds).toFixed(1)} us, ${weightGBps.toFixed(1)} (${percent(weightGBps / (level(bytes)?.rate ?? 1))})`;
  });
  return [
    `The fastest integer loop of the session reached ${peak.toFixed(1)} GMAC/s; loads ${loads
      .map(({ name, rate }) => `${rate.toFixed(0)} GB/s (${name})`)
      .join(', ')}.`,
    '',
    `| 768 x 2304 (k 3), relaxed-pair | ${kinds.map((kind) => kind.replace('sparse', '1x4').replace('%', ' %')).join(' | ')} |`,
    `| ---${' | ---'.repeat(kinds.length)} |`,
    `| 100 positions: time, GMAC/s of stored weights (share of the fastest loop) | ${strip.join(' | ')} |`,
    `| 1 position: time, GB/s of weights and offsets (share of the loads of that size) | ${column.join(' | ')} |`,
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean' } } });
  if (positionals.length !== 1) throw new Error('usage: node table.mjs MEASURED.json [--write]');
  const text = table(JSON.parse(readFileSync(positionals[0], 'utf8')));
  console.log(text);
  if (values.write) {
    const before = readFileSync(page, 'utf8');
    const [begin, end] = ['<!-- measured -->\n', '\n<!-- /measured -->'].map((mark) => before.indexOf(mark));
    if (begin < 0 || end < begin) throw new Error(`${page} lacks its marks <!-- measured --> and <!-- /measured -->`);
    writeFileSync(page, `${before.slice(0, before.indexOf('\n', begin) + 1)}${text}${before.slice(end)}`);
  }
}
