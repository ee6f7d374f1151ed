// The accuracy table, for people.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';

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

/**
 * Puts the table between the two comments of a page that name it.
 * @param {any} report as run.mjs writes it @param {string} place "docs/PAGE.md#NAME", by default the model's in docs/compression.md
 */
export function writeTable({ model, onnxBytes, samples, split, rows }, place = '') {
  const [page, name] = (place || `docs/compression.md#${path.basename(model, '.onnx')}`).split('#');
  const file = path.join(root, page);
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- accuracy:${name} -->`, `<!-- /accuracy:${name} -->`];
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${page} has no place for a table of ${name}`);
  const caption =
    `${model} (${onnxBytes.toLocaleString('en')} bytes), calibrated on ${samples} recordings of split train, judged on split ` +
    `${split}:`;
  const table = `${caption}\n\n${markdown(rows)}`;
  writeFileSync(file, `${text.slice(0, before + begin.length)}\n\n${table}\n\n${text.slice(after)}`);
}
