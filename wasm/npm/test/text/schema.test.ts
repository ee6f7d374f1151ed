/** Where the fields of edgy.fbs stand that are read by hand: counted in the schema itself. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { kPlaces, kPoolings } from '../../src/text/text_metadata.js';

const schema = readFileSync(path.resolve(__dirname, '../../../format/edgy.fbs'), 'utf8').replace(/\/\/.*$/gm, '');
const bodyOf = (declaration: string) => {
  const body = new RegExp(`\\b${declaration}\\s*(?::\\s*\\w+\\s*)?\\{([^}]*)\\}`).exec(schema)?.[1];
  if (body === undefined) throw new Error(`edgy.fbs has no ${declaration}`);
  return body;
};

it.each(Object.entries(kPlaces))('the fields of table %s stand where they are read', (table, places) => {
  const fields = bodyOf(`table ${table}`)
    .split(';')
    .flatMap((line) => /^\s*(\w+)\s*:/.exec(line)?.[1] ?? []);
  // A union would take two places, and an id another than its own.
  expect(bodyOf(`table ${table}`)).not.toMatch(/\bid\s*:|OperatorOptions/);
  for (const [name, place] of Object.entries(places)) expect(fields.indexOf(name), name).toBe(place);
});

it('poolings have the numbers of the schema', () => {
  const named = [...bodyOf('enum Pooling').matchAll(/(\w+)\s*=\s*(\d+)/g)].map(([, name, at]) => [name, Number(at)]);
  expect(named.map(([name]) => String(name).toLowerCase())).toEqual(kPoolings);
  expect(named.map(([, at]) => at)).toEqual(kPoolings.map((_, at) => at));
});
