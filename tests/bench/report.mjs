// Numbers out of times, and the table.

/** Linear interpolation between order statistics. @param {number[]} sorted @param {number} q */
function quantile(sorted, q) {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (at - low);
}

/** @param {number[]} times */
export function summarize(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), q1: quantile(sorted, 0.25), q3: quantile(sorted, 0.75), runs: times.length };
}

/** The row that a ratio is taken to: of the other runtimes' the one with the least median. @param {any[]} rows */
export const fastestPeer = (rows) =>
  rows.filter(({ runtime }) => runtime !== 'edgy').sort((a, b) => a.median - b.median)[0];

/** What the browser's relaxed dot product is made of, by the form that Edgy chose; undefined when it was told one. @param {any[]} rows */
export function processorClass(rows) {
  const forms = rows.map(({ about }) => about?.isa);
  if (forms.includes('relaxed-dot')) return 'with a dot product of its own (VNNI)';
  if (forms.includes('relaxed-pair')) return 'without a dot product of its own (no VNNI)';
  return undefined;
}

const fixed = (/** @type {number | undefined} */ value, digits = 2) =>
  value === undefined ? '' : value.toFixed(digits);

/** Text in columns: the first aligned left, the others right. @param {string[][]} lines */
export function alignColumns(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((text, column) => (column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column])))
        .join('  '),
    )
    .join('\n');
}

/** @param {{ title: string, seconds?: number, shortest?: number, threads: number, rows: any[] }} result */
export function formatTable({ title, seconds, shortest, threads, rows }) {
  const grown = rows.some((row) => row.growth !== undefined);
  const head = [
    'runtime',
    'median ms',
    'quartiles ms',
    'first ms',
    'load ms',
    'model kB',
    'wasm MB',
    'isa',
    'x fastest peer',
    ...(grown ? [`x its ${shortest} s`] : []),
  ];
  const lines = rows.map((row) => [
    row.name,
    fixed(row.median),
    `${fixed(row.q1)} .. ${fixed(row.q3)}`,
    fixed(row.first, 1),
    fixed(row.loadMilliseconds, 0),
    fixed(row.modelBytes / 1000, 0),
    fixed(row.memory && row.memory / 2 ** 20, 1),
    row.about?.isa ?? '',
    fixed(row.speedup),
    ...(grown ? [fixed(row.growth)] : []),
  ]);
  const what = [
    title,
    seconds === undefined ? '' : `${seconds} s of audio`,
    `${threads} thread${threads > 1 ? 's' : ''}`,
  ];
  return `${what.filter(Boolean).join(', ')}\n${alignColumns([head, ...lines])}`;
}
