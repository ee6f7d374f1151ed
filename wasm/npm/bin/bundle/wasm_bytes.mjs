// WebAssembly files as bytes: sections, and the numbers in them.

/** Reads forward through bytes. `start`: where these lie in the file. */
export class Reader {
  constructor(bytes, start = 0) {
    this.bytes = bytes;
    this.start = start;
    this.at = 0;
  }
  atEnd() {
    return this.at >= this.bytes.length;
  }
  byte() {
    if (this.atEnd()) throw new Error('a WebAssembly file ends early');
    return this.bytes[this.at++];
  }
  /** An unsigned number of up to 53 bits. */
  leb() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  /** A signed number of up to 53 bits. */
  sleb() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return byte & 64 ? value - scale * 128 : value;
    }
  }
  take(length) {
    const from = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new Error('a WebAssembly file ends early');
    return new Reader(this.bytes.subarray(from, this.at), this.start + from);
  }
  name() {
    return new TextDecoder().decode(this.take(this.leb()).bytes);
  }
}

/** @param {number} value @returns {number[]} */
export function leb(value) {
  const bytes = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 128 : low);
  } while (value > 0);
  return bytes;
}

/** A signed 32-bit number. @param {number} value @returns {number[]} */
export function sleb(value) {
  const bytes = [];
  for (;;) {
    const low = value & 127;
    value >>= 7;
    const done = (value === 0 && !(low & 64)) || (value === -1 && (low & 64) !== 0);
    bytes.push(done ? low : low | 128);
    if (done) return bytes;
  }
}

const encoder = new TextEncoder();
/** @param {string} text */
export function name(text) {
  const bytes = encoder.encode(text);
  return [...leb(bytes.length), ...bytes];
}

/** @typedef {{ id: number, name?: string, payload: Uint8Array }} Section custom ones have a name, which is no part of the payload */

/** @param {Uint8Array} bytes @returns {Section[]} */
export function readSections(bytes) {
  const reader = new Reader(bytes);
  if (reader.take(8).bytes.join() !== '0,97,115,109,1,0,0,0') throw new Error('no WebAssembly file');
  const sections = [];
  while (!reader.atEnd()) {
    const id = reader.byte();
    const part = reader.take(reader.leb());
    if (id !== 0) {
      sections.push({ id, payload: part.bytes });
      continue;
    }
    const name = part.name();
    sections.push({ id, name, payload: part.bytes.subarray(part.at) });
  }
  return sections;
}

/** @param {readonly Section[]} sections */
export function writeSections(sections) {
  const parts = [Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)];
  for (const { id, name: title, payload } of sections) {
    const before = title === undefined ? [] : name(title);
    parts.push(Uint8Array.from([id, ...leb(before.length + payload.length), ...before]), payload);
  }
  return concat(parts);
}

/** @param {readonly Uint8Array[]} parts */
export function concat(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
