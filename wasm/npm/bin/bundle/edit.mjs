// Edits of a runtime that leave the numbers of its functions as they are: other bodies, other entries of its table, zeros for data.
import { concat, leb, Reader, readSections, sleb, writeSections } from './wasm_bytes.mjs';

const kElements = 9;
const kCode = 10;
const kData = 11;

const kUnreachable = 0x00;
const kEnd = 0x0b;
const kCall = 0x10;
const kI32Const = 0x41;

/** The body of a function that is never called. */
export const emptyBody = () => Uint8Array.of(0, kUnreachable, kEnd);
/** The body of a function that calls `missing` with `id`, which does not return. */
export const missingBody = (missing, id) =>
  Uint8Array.from([0, kI32Const, ...sleb(id), kCall, ...leb(missing), kUnreachable, kEnd]);
/** The body of a function that returns a number. */
export const constantBody = (value) => Uint8Array.from([0, kI32Const, ...sleb(value), kEnd]);
/** `body`, which first tells `missing` its `id`. @param {Uint8Array} body */
export function tellingBody(body, missing, id) {
  const reader = new Reader(body);
  for (let groups = reader.leb(); groups > 0; groups--) {
    reader.leb();
    reader.byte();
  }
  const told = Uint8Array.from([kI32Const, ...sleb(id), kCall, ...leb(missing)]);
  return concat([body.subarray(0, reader.at), told, body.subarray(reader.at)]);
}

/**
 * @param {Uint8Array} bytes @param {object} edits
 * @param {number} edits.imported functions that are imported: the first body is that of the next
 * @param {(index: number, body: Uint8Array) => Uint8Array} edits.body the body of each function
 * @param {(index: number) => number} [edits.entry] what takes a function's place in the table
 * @param {readonly [number, number, number][]} [edits.zeros] ranges of segments: segment, begin, end
 */
export function edited(bytes, { imported, body, entry, zeros = [] }) {
  return writeSections(
    readSections(bytes).map((section) => {
      if (section.id === kCode) return { ...section, payload: withBodies(section.payload, imported, body) };
      if (section.id === kElements && entry) return { ...section, payload: withEntries(section.payload, entry) };
      if (section.id === kData && zeros.length > 0) return { ...section, payload: withZeros(section.payload, zeros) };
      return section;
    }),
  );
}

function withBodies(payload, imported, body) {
  const reader = new Reader(payload);
  const count = reader.leb();
  const parts = [Uint8Array.from(leb(count))];
  for (let i = 0; i < count; i++) {
    const made = body(imported + i, reader.take(reader.leb()).bytes);
    parts.push(Uint8Array.from(leb(made.length)), made);
  }
  return concat(parts);
}

function withEntries(payload, entry) {
  const reader = new Reader(payload);
  const count = reader.leb();
  const out = [...leb(count)];
  for (let i = 0; i < count; i++) {
    const from = reader.at;
    if (reader.leb() !== 0 || reader.byte() !== kI32Const)
      throw new Error('a table is filled in a way that is not known');
    reader.sleb();
    if (reader.byte() !== kEnd) throw new Error('a table is filled in a way that is not known');
    out.push(...payload.subarray(from, reader.at));
    const entries = reader.leb();
    out.push(...leb(entries));
    for (let at = 0; at < entries; at++) out.push(...leb(entry(reader.leb())));
  }
  return Uint8Array.from(out);
}

function withZeros(payload, zeros) {
  const out = payload.slice();
  const reader = new Reader(payload);
  const begins = Array.from({ length: reader.leb() }, () => {
    const flags = reader.leb();
    if (flags === 2) reader.leb();
    if (flags !== 1) {
      reader.byte();
      reader.sleb();
      reader.byte();
    }
    const size = reader.leb();
    const begin = reader.at;
    reader.take(size);
    return begin;
  });
  for (const [segment, begin, end] of zeros) out.fill(0, begins[segment] + begin, begins[segment] + end);
  return out;
}
