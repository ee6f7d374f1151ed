// The accuracy table, for people.

const share = (/** @type {number | undefined} */ value) => (value === undefined ? '' : (100 * value).toFixed(1));
const decibels = (/** @type {number | null | undefined} */ value) => (value === null ? '∞' : (value?.toFixed(1) ?? ''));

/** @param {any[]} rows as run.mjs makes them */
export function markdown(rows) {
  const head = [
    '',
    'bytes',
    '% of ONNX',
    'brotli -q 11',
    'z SQNR dB',
    'z cosine',
    'codes equal %',
    'digits from codes %',
    'from z %',
  ];
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...rows.map((row) =>
      line([
        row.label,
        row.bytes.toLocaleString('en'),
        share(row.share),
        row.brotliBytes?.toLocaleString('en') ?? '',
        decibels(row.sqnr),
        row.cosine?.toFixed(4) ?? '',
        share(row.agreement),
        share(row.probe.indices),
        share(row.probe.z),
      ]),
    ),
  ].join('\n');
}
