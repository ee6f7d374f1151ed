// What bench-kernels.mjs --json wrote.
import { readFileSync } from 'node:fs';

/**
 * Of several sessions, the fastest measurement of each loop and layer: other load only makes them slower.
 * @param {string[]} files @returns {{ rows: any[] }}
 */
export function readMeasured(files) {
  if (files.length === 0) throw new Error('name at least one MEASURED.json, as bench-kernels.mjs --json writes it');
  const [first, ...others] = files.map((file) => JSON.parse(readFileSync(file, 'utf8')));
  for (const { rows } of others) {
    const fastest = new Map(rows.map((/** @type {any} */ row) => [row.name, row]));
    first.rows = first.rows.map((/** @type {any} */ row) => {
      const other = fastest.get(row.name);
      return other?.rate > row.rate ? other : row;
    });
  }
  return first;
}
