// Writes the measured part of docs/kernels.md: node table.mjs MEASURED.json... (of bench-kernels.mjs --json) [--write]
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readSessions } from './measured.mjs';

const page = fileURLToPath(new URL('../../../docs/kernels.md', import.meta.url));
const layer = 'conv 768x2304';
const kinds = ['dense 100%', 'sparse 50%', 'sparse 30%', 'sparse 20%', 'sparse 10%', '4x4 50%', '4x4 20%', '4x4 10%'];

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`;
const lines = (/** @type {string[][]} */ [head, ...rows]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** Bytes that one block or step of a single position's kernel reads in order, and how many loads it takes, activations included. */
const streams = {
  dense: { bytes: 16, loads: 1 + 1 / 8 }, // a splat serves eight vectors of weights
  '4x4': { bytes: 18, loads: 3 }, // weights, their offset, a splat
  sparse: { bytes: 24, loads: 9 }, // a vector of four blocks: four offsets, four activations
};

/** @param {{ rows: any[] }} measured */
function reader({ rows }) {
  const row = (/** @type {string} */ name) => {
    const found = rows.find((one) => one.name === name);
    if (!found) throw new Error(`nothing was measured as '${name}'`);
    return found;
  };
  const loops = rows.filter(({ name }) => /^(tile|registers)_(i16|dot|pair|sum_pair)/.test(name));
  const loads = rows
    .filter(({ name }) => name.startsWith('load '))
    .map(({ name, rate }) => {
      const [, size, unit] = /load ([\d.]+) (\w+)/.exec(name) ?? [];
      return { name: name.slice(5), bytes: Number(size) * (unit === 'MB' ? 1 << 20 : 1 << 10), rate };
    });
  return { rows, row, peak: Math.max(...loops.map(({ rate }) => rate)), loads };
}

/** The 768 x 2304 layer. @param {ReturnType<typeof reader>} measured */
function layerTables({ row, peak, loads }) {
  // The smallest measured range that holds the weights.
  const level = (/** @type {number} */ bytes) => loads.find((load) => load.bytes >= bytes * 0.95) ?? loads.at(-1);
  const cells = (/** @type {string} */ positions, /** @type {(row: any, kind: string) => string} */ text) =>
    kinds.map((kind) => text(row(`${layer} ${positions} ${kind} relaxed-pair`), kind.split(' ')[0] ?? ''));
  const issued = (/** @type {any} */ { bytes, milliseconds }, /** @type {string} */ kind) => {
    const stream = streams[/** @type {keyof typeof streams} */ (kind)];
    return ((bytes / stream.bytes) * stream.loads) / milliseconds / 1e6;
  };
  const fastestLoads = (loads[0]?.rate ?? 1) / 16;
  const strip = cells('T100', ({ milliseconds, rate }) => {
    return `${milliseconds.toFixed(3)} ms, ${rate.toFixed(1)} (${percent(rate / peak)})`;
  });
  const column = cells('T1', ({ milliseconds, weightGBps, bytes }) => {
    return `${(1000 * milliseconds).toFixed(1)} us, ${weightGBps.toFixed(1)} (${percent(weightGBps / (level(bytes)?.rate ?? 1))})`;
  });
  const columnLoads = cells('T1', (one, kind) => percent(issued(one, kind) / fastestLoads));
  const inCache = ['dense 100%', 'sparse 20%', '4x4 20%'].map((kind) => {
    const one = row(`conv 32x2304 T1 ${kind} relaxed-pair`);
    const share = percent(issued(one, kind.split(' ')[0] ?? '') / fastestLoads);
    return `${kind.replace('sparse', '1x4').replace('%', ' %')} ${one.weightGBps.toFixed(0)} GB/s, ${share} of the loads`;
  });
  return [
    lines([
      ['768 x 2304 (k 3), relaxed-pair', ...kinds.map((kind) => kind.replace('sparse', '1x4').replace('%', ' %'))],
      ['100 positions: time, GMAC/s of stored weights (share of the fastest loop)', ...strip],
      ['1 position: time, GB/s of weights and offsets (share of the loads of that size)', ...column],
      ['1 position: loads, activations and offsets included (share of what the loop over 16 kB loads)', ...columnLoads],
    ]),
    '',
    `With 32 channels instead of 768 the pruned weights lie in the first-level cache: ${inCache.join('; ')}.`,
  ];
}

/** XNNPACK's int8 convolution beside the dense kernel. @param {ReturnType<typeof reader>} measured */
function peerTable({ rows, row }) {
  const titles = rows
    .filter(({ name }) => / XNNPACK /.test(name) && /relaxed$/.test(name))
    .map(({ name }) => name.split(' XNNPACK')[0]);
  const least = (/** @type {string[]} */ names) => Math.min(...names.map((name) => row(name).milliseconds));
  return lines([
    ['layer, int8, dense', 'XNNPACK, simd', 'ours, simd128', 'XNNPACK, relaxed', 'ours, relaxed', 'times as fast'],
    ...titles.map((title) => {
      const [xnnSimd, simd, xnnRelaxed, relaxed] = [
        [`${title} XNNPACK 100% simd`],
        [`${title} dense 100% simd128`],
        [`${title} XNNPACK 100% relaxed`],
        [`${title} dense 100% relaxed-dot`, `${title} dense 100% relaxed-pair`],
      ].map(least);
      const times = [xnnSimd, simd, xnnRelaxed, relaxed].map((ms) => `${(1000 * (ms ?? 0)).toFixed(1)} us`);
      return [
        title,
        ...times,
        `${((xnnSimd ?? 0) / (simd ?? 1)).toFixed(2)}, ${((xnnRelaxed ?? 0) / (relaxed ?? 1)).toFixed(2)}`,
      ];
    }),
  ]);
}

/** Patterns of zeros. @param {ReturnType<typeof reader>} measured */
function patternTable({ rows }) {
  return lines([
    ['768 x 2304, 96 positions', 'ms', 'GMAC/s of kept weights'],
    ...rows
      .filter(({ name }) => name.startsWith('pattern '))
      .map(({ name, milliseconds, rate }) => [
        name.replace('pattern ', '').replace(' relaxed-pair', '').replace(' simd128', ', simd128').replace('%', ' %'),
        milliseconds.toFixed(3),
        rate.toFixed(1),
      ]),
  ]);
}

/** @param {{ rows: any[] }} measured @returns {string} Markdown */
export function table(measured) {
  const read = reader(measured);
  return [
    `The fastest integer loop of the session reached ${read.peak.toFixed(1)} GMAC/s; loads ${read.loads
      .map(({ name, rate }) => `${rate.toFixed(0)} GB/s (${name})`)
      .join(', ')}.`,
    '',
    ...layerTables(read),
    '',
    peerTable(read),
    '',
    patternTable(read),
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean' } } });
  const sessions = readSessions(positionals);
  // The page's tables are of the class that more processors still have, and that the others can play.
  const session = sessions.find(({ dotClass }) => dotClass === 'saturating-pairs');
  if (!session) throw new Error('measure saturating pairs: bench-kernels.mjs --js-flags=--no-enable-avx-vnni');
  const text = table(session);
  console.log(text);
  if (values.write) {
    const before = readFileSync(page, 'utf8');
    const [begin, end] = ['<!-- measured -->\n', '\n<!-- /measured -->'].map((mark) => before.indexOf(mark));
    if (begin < 0 || end < begin) throw new Error(`${page} lacks its marks <!-- measured --> and <!-- /measured -->`);
    writeFileSync(page, `${before.slice(0, before.indexOf('\n', begin) + 1)}${text}${before.slice(end)}`);
  }
}
