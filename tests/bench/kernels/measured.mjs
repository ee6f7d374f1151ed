// What bench-kernels.mjs --json wrote.
import { readFileSync } from 'node:fs';

/**
 * One session for each class of processors (kernels/dot_class.h) in the files: of several of a class, the fastest measurement of each loop and
 * layer, as other load only makes them slower.
 * @param {string[]} files @returns {{ dotClass: string, rows: any[] }[]}
 */
export function readSessions(files) {
  if (files.length === 0) throw new Error('name at least one MEASURED.json, as bench-kernels.mjs --json writes it');
  const classes = new Map();
  for (const session of files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')).sessions)) {
    const before = classes.get(session.dotClass);
    if (!before) {
      classes.set(session.dotClass, session);
      continue;
    }
    const rates = new Map(session.rows.map((/** @type {any} */ row) => [row.name, row]));
    before.rows = before.rows.map((/** @type {any} */ row) => {
      const other = rates.get(row.name);
      return other?.rate > row.rate ? other : row;
    });
  }
  return [...classes.values()];
}
