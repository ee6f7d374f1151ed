// Reads a WebAssembly file as wasm-ld writes it with --emit-relocs: its sections, its symbols, and for each symbol what else it
// refers to. What a linker knows (which function's address lies in which table of which class) no reader of instructions can tell.
import { Reader } from '../bin/bundle/wasm_bytes.mjs';

const symbolKinds = ['function', 'data', 'global', 'section', 'tag', 'table'];
const undefinedFlag = 0x10;
const explicitName = 0x40;
/** Kinds of relocations that are followed by an addend. */
const withAddend = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25]);
/** Those that name a type instead of a symbol. */
const ofType = 6;

/** @typedef {{ kind: string, name?: string, index?: number, segment?: number, offset?: number, size?: number, isDefined: boolean }} Symbol */

/** @param {Reader} payload of the section "linking" @returns {Symbol[]} */
export function readSymbols(payload) {
  const version = payload.leb();
  if (version !== 2) throw new Error(`symbols of version ${version}; 2 is known`);
  while (!payload.atEnd()) {
    const kind = payload.byte();
    const part = payload.take(payload.leb());
    if (kind === 8) return Array.from({ length: part.leb() }, () => readSymbol(part));
  }
  throw new Error('the file has no symbols: link it with --emit-relocs');
}

function readSymbol(part) {
  const kind = symbolKinds[part.byte()];
  const flags = part.leb();
  const isDefined = (flags & undefinedFlag) === 0;
  if (kind === 'data') {
    const name = part.name();
    return isDefined
      ? { kind, name, isDefined, segment: part.leb(), offset: part.leb(), size: part.leb() }
      : { kind, name, isDefined };
  }
  const index = part.leb();
  if (kind === 'section') return { kind, index, isDefined };
  return isDefined || (flags & explicitName) !== 0
    ? { kind, index, name: part.name(), isDefined }
    : { kind, index, isDefined };
}

/** @param {Reader} payload of a section "reloc.*" */
export function readRelocations(payload) {
  const section = payload.leb();
  const entries = Array.from({ length: payload.leb() }, () => {
    const type = payload.byte();
    const entry = { type, offset: payload.leb(), symbol: payload.leb(), addend: 0 };
    if (withAddend.has(type)) entry.addend = payload.sleb();
    return entry;
  });
  return { section, entries: entries.filter(({ type }) => type !== ofType) };
}
