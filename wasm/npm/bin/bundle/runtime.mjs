// One whole runtime of the package, and what can be made of it: one that tells which of its parts a model needs, and one without the others.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { constantBody, edited, emptyBody, missingBody, tellingBody } from './edit.mjs';
import { deadData, reachable } from './reachable.mjs';
import { Reader, readSections } from './wasm_bytes.mjs';

const kImports = 2;

/** @param {string} folder bundle/ @param {string} variant */
export async function readWhole(folder, variant) {
  const bytes = await readFile(path.join(folder, `whole-${variant}.wasm`));
  const graph = JSON.parse(await readFile(path.join(folder, `whole-${variant}.json`), 'utf8'));
  return { variant, bytes, graph, ...functionImports(bytes) };
}

/** @typedef {Awaited<ReturnType<typeof readWhole>>} Whole */

/** How many functions are imported, and which of them is told what is missing. */
function functionImports(bytes) {
  const reader = new Reader(readSections(bytes).find(({ id }) => id === kImports).payload);
  let imported = 0;
  let missing = -1;
  for (let left = reader.leb(); left > 0; left--) {
    reader.name();
    const base = reader.name();
    if (reader.byte() === 0) {
      if (base === 'missing') missing = imported;
      imported++;
      reader.leb();
    } else {
      const flags = reader.byte();
      reader.leb();
      if (flags & 1) reader.leb();
    }
  }
  if (missing < 0) throw new Error('the runtime does not import what cut functions call');
  return { imported, missing };
}

/**
 * The runtime, whose features tell `missing` their place in the list when they are entered. `dotClass`: what processor it takes this one for.
 * @param {Whole} whole @param {number} [dotClass]
 */
export function telling({ bytes, graph, imported, missing }, dotClass) {
  const told = new Map(graph.features.flatMap(({ functions }, id) => functions.map((index) => [index, id])));
  return edited(bytes, {
    imported,
    body: (index, body) =>
      index === graph.dotClass && dotClass !== undefined
        ? constantBody(dotClass)
        : told.has(index)
          ? tellingBody(body, missing, told.get(index))
          : body,
  });
}

/**
 * The runtime without the features in `out`; what nothing else needs either is empty. Numbers of `out` are what `missing` is called with.
 * @param {Whole} whole @param {readonly string[]} out
 */
export function cut({ bytes, graph, imported, missing }, out) {
  const words = new Map(
    graph.features.flatMap(({ name, functions }) => {
      const word = out.indexOf(name);
      return word < 0 ? [] : functions.map((index) => [index, word]);
    }),
  );
  const reached = reachable(graph, new Set(words.keys()));
  const empty = reached.indexOf(0, imported);
  return edited(bytes, {
    imported,
    body: (index, body) =>
      !reached[index] ? emptyBody() : words.has(index) ? missingBody(missing, words.get(index)) : body,
    // A table holds functions that only classes of cut operators are entered through.
    entry: (index) => (reached[index] || empty < 0 ? index : empty),
    zeros: deadData(graph, reached),
  });
}
