// What `edgy bundle` cuts: the runtime as the linker wrote it, before Binaryen merged and inlined its functions (build/wasm-*/edgy-*-whole.wasm),
// and what in it refers to what. makeWhole() gives both as they are shipped: the file without what only a linker reads, its imports and
// exports under the letters that the JavaScript of the optimized build knows, and a graph.
import { leb, name, Reader, readSections, writeSections } from '../bin/bundle/wasm_bytes.mjs';
import { readBindings } from './audit.mjs';
import { readRelocations, readSymbols } from './linked_wasm.mjs';

const kImports = 2;
const kFunctions = 3;
const kExports = 7;
const kStart = 8;
const kCode = 10;
const kData = 11;
/** What a function that is cut out calls; wasm/bindings/missing.cpp. */
export const kMissing = 'missing';

/**
 * @typedef {object} Graph nodes are the functions of the file (imports first, as WebAssembly counts them) and then `data`
 * @property {number} functions how many, imports included
 * @property {readonly [number, number, number][]} data segment, offset and bytes of each named piece of data
 * @property {readonly number[][]} edges of each node, what it refers to
 * @property {readonly number[]} roots what JavaScript, the start of the program or unnamed data refers to
 * @property {Record<string, number>} names of functions, by which cuts are told
 */

/** @param {{ linked: Uint8Array, glue: string }} what @returns {{ bytes: Uint8Array, graph: Graph, names: string[] }} */
export function makeWhole({ linked, glue }) {
  const sections = readSections(linked);
  const linking = sections.find(({ name }) => name === 'linking');
  if (!linking) throw new Error('the file has no symbols: link it with --emit-relocs');
  const symbols = readSymbols(new Reader(linking.payload));
  const relocations = sections
    .filter(({ id, name }) => id === 0 && name?.startsWith('reloc.'))
    .map(({ payload }) => readRelocations(new Reader(payload)));
  const letters = readBindings(glue);
  const bytes = writeSections(
    sections
      .filter(({ id }) => id !== 0)
      .map((section) =>
        section.id === kImports
          ? { ...section, payload: renameImports(section.payload, letters.imports) }
          : section.id === kExports
            ? { ...section, payload: renameExports(section.payload, letters.exports) }
            : section,
      ),
  );
  return { bytes, ...makeGraph(sections, symbols, relocations) };
}

/** Letters of names. @param {Map<string, string>} bindings letters to names */
const inverted = (bindings) => new Map(Array.from(bindings, ([letter, text]) => [text, letter]));

function renameImports(payload, bindings) {
  const letters = inverted(bindings);
  const reader = new Reader(payload);
  const count = reader.leb();
  const out = [...leb(count)];
  for (let i = 0; i < count; i++) {
    reader.name();
    const base = reader.name();
    // Emscripten's JavaScript has an underscore before the names of C.
    const letter = base === 'edgy_missing' ? kMissing : (letters.get(`_${base}`) ?? letters.get(base));
    const from = reader.at;
    const kind = reader.byte();
    if (kind === 0) reader.leb();
    else if (kind === 2) readLimits(reader);
    else throw new Error(`an import of kind ${kind}`);
    // What the optimized build does not import is not called in a cut one either, and Binaryen removes it.
    out.push(...name('a'), ...name(letter ?? (kind === 2 ? letters.get('wasmMemory') : undefined) ?? `unused ${base}`));
    out.push(...payload.subarray(from, reader.at));
  }
  return Uint8Array.from(out);
}

function readLimits(reader) {
  const flags = reader.byte();
  reader.leb();
  if (flags & 1) reader.leb();
}

function exportsOf(payload) {
  const reader = new Reader(payload);
  return Array.from({ length: reader.leb() }, () => ({
    name: reader.name(),
    kind: reader.byte(),
    index: reader.leb(),
  }));
}

/** What the JavaScript calls, under its letter, and nothing else. */
function renameExports(payload, bindings) {
  const letters = inverted(bindings);
  const kept = exportsOf(payload).flatMap(({ name: text, kind, index }) => {
    const letter = letters.get(`_${text}`) ?? letters.get(text) ?? letters.get(special[text]);
    return letter === undefined ? [] : [{ letter, kind, index }];
  });
  if (kept.length !== bindings.size)
    throw new Error(
      `the JavaScript binds ${[...bindings.values()]}; the linked file exports ${exportsOf(payload).map(({ name }) => name)}`,
    );
  return Uint8Array.from([
    ...leb(kept.length),
    ...kept.flatMap(({ letter, kind, index }) => [...name(letter), kind, ...leb(index)]),
  ]);
}
const special = { memory: 'wasmMemory', __indirect_function_table: 'wasmTable' };

function makeGraph(sections, symbols, relocations) {
  const imported = importedFunctions(sections);
  const count = imported + new Reader(sections.find(({ id }) => id === kFunctions).payload).leb();
  const names = Array.from({ length: count }, () => '');
  for (const { kind, index, name: text } of symbols) if (kind === 'function' && text) names[index] = text;
  const segments = readSegments(sections);
  const pieces = dataPieces(symbols, segments);
  const edges = Array.from({ length: count + pieces.length }, () => new Set());
  const roots = new Set();
  const bodies = codeBodies(sections, imported);
  const targetOf = (symbol) => {
    const { kind, index } = symbols[symbol];
    if (kind === 'function') return index;
    return kind === 'data' ? pieceOf(symbols[symbol], pieces, count) : undefined;
  };
  const described = new Set();
  for (const { section, entries } of relocations) {
    const { id } = sections[section];
    if (id !== kCode && id !== kData) continue;
    for (const { offset, symbol } of entries) {
      const target = targetOf(symbol);
      if (target === undefined) continue;
      if (id === kCode) {
        const from = enclosing(bodies, offset);
        described.add(from.index);
        edges[from.index].add(target);
      } else {
        const segment = enclosing(segments, offset);
        const from = covering(pieces, segment.index, offset - segment.begin);
        if (from.length === 0) roots.add(target);
        for (const piece of from) edges[count + piece].add(target);
      }
    }
  }
  // What the linker makes itself has no relocations; the start of the program consists of calls alone.
  for (const body of bodies)
    if (names[body.index] === '__wasm_call_ctors' && !described.has(body.index))
      for (const target of plainCalls(sections, body)) edges[body.index].add(target);
  const start = sections.find(({ id }) => id === kStart);
  if (start) roots.add(new Reader(start.payload).leb());
  for (const { kind, index } of exportsOf(sections.find(({ id }) => id === kExports).payload))
    if (kind === 0) roots.add(index);
  return {
    graph: {
      functions: count,
      data: pieces.map(({ segment, offset, size }) => [segment, offset, size]),
      edges: edges.map((set) => [...set].sort((a, b) => a - b)),
      roots: [...roots].sort((a, b) => a - b),
    },
    names,
  };
}

function importedFunctions(sections) {
  const reader = new Reader(sections.find(({ id }) => id === kImports).payload);
  let functions = 0;
  for (let left = reader.leb(); left > 0; left--) {
    reader.name();
    reader.name();
    if (reader.byte() === 0) {
      reader.leb();
      functions++;
    } else readLimits(reader);
  }
  return functions;
}

/** Where each function's body lies in the section. */
export function codeBodies(sections, imported) {
  const { payload } = sections.find(({ id }) => id === kCode);
  const reader = new Reader(payload);
  return Array.from({ length: reader.leb() }, (_, i) => {
    const size = reader.leb();
    const begin = reader.at;
    reader.take(size);
    return { index: imported + i, begin, end: begin + size };
  });
}

/** Where each segment's bytes lie in the section. */
function readSegments(sections) {
  const { payload } = sections.find(({ id }) => id === kData);
  const reader = new Reader(payload);
  return Array.from({ length: reader.leb() }, (_, index) => {
    const flags = reader.leb();
    if (flags === 2) reader.leb();
    if (flags !== 1) {
      if (reader.byte() !== 0x41) throw new Error('a segment of data has no constant address');
      reader.sleb();
      if (reader.byte() !== 0x0b) throw new Error('a segment of data has no constant address');
    }
    const size = reader.leb();
    const begin = reader.at;
    reader.take(size);
    return { index, begin, end: begin + size };
  });
}

function dataPieces(symbols, segments) {
  const pieces = new Map();
  for (const { kind, isDefined, segment, offset, size } of symbols) {
    if (kind !== 'data' || !isDefined || size === 0 || segment >= segments.length) continue;
    pieces.set(`${segment} ${offset} ${size}`, { segment, offset, size });
  }
  return [...pieces.values()].sort((a, b) => a.segment - b.segment || a.offset - b.offset || a.size - b.size);
}

function pieceOf({ segment, offset, size }, pieces, base) {
  const at = pieces.findIndex((piece) => piece.segment === segment && piece.offset === offset && piece.size === size);
  return at < 0 ? undefined : base + at;
}

const covering = (pieces, segment, offset) =>
  pieces.flatMap((piece, index) =>
    piece.segment === segment && piece.offset <= offset && offset < piece.offset + piece.size ? [index] : [],
  );

function enclosing(ranges, offset) {
  let [low, high] = [0, ranges.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ranges[middle].begin <= offset) low = middle;
    else high = middle;
  }
  if (offset < ranges[low].begin || offset >= ranges[low].end) throw new Error(`offset ${offset} lies in nothing`);
  return ranges[low];
}

/** The functions that a body of nothing but calls calls. */
function plainCalls(sections, { begin, end }) {
  const reader = new Reader(sections.find(({ id }) => id === kCode).payload.subarray(begin, end));
  const locals = reader.leb();
  const called = [];
  for (;;) {
    const opcode = reader.byte();
    if (locals === 0 && opcode === 0x10) called.push(reader.leb());
    else if (locals === 0 && opcode === 0x0b && reader.atEnd()) return called;
    else throw new Error('the start of the program does more than to call functions');
  }
}
