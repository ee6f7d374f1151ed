// The import audit: what a WebAssembly file asks of JavaScript and offers to it, against the list in wasm_interface.json. Names in
// the file are single letters; Emscripten's JavaScript beside it says which function each one is bound to, and it ships together
// with the file. A name that is not on the list, or that the JavaScript does not bind, is an error.
// Usage: node scripts/audit.mjs EDGY.wasm EDGY.mjs prints the interface as a table.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import binaryen from 'binaryen';

const listed = new URL('wasm_interface.json', import.meta.url);

/** @typedef {{ letter: string, kind: string, name: string | undefined }} Entry */

/** Imports and exports as Binaryen reads them. @param {Uint8Array} bytes */
export function readInterface(bytes) {
  const module = binaryen.readBinary(bytes);
  const several = (count, at, info) => Array.from({ length: count }, (_, index) => info(at(index)));
  const found = {
    function: several(
      module.getNumFunctions(),
      (index) => module.getFunctionByIndex(index),
      (reference) => binaryen.getFunctionInfo(reference),
    ),
    global: several(
      module.getNumGlobals(),
      (index) => module.getGlobalByIndex(index),
      (reference) => binaryen.getGlobalInfo(reference),
    ),
    table: several(
      module.getNumTables(),
      (index) => module.getTableByIndex(index),
      (reference) => binaryen.getTableInfo(reference),
    ),
    memory: module.hasMemory() ? [module.getMemoryInfo()] : [],
  };
  const imports = Object.entries(found).flatMap(([kind, infos]) =>
    infos.filter((info) => info.module).map((info) => ({ kind, module: info.module, letter: info.base })),
  );
  const kinds = ['function', 'table', 'memory', 'global', 'tag'];
  const exports = several(
    module.getNumExports(),
    (index) => module.getExportByIndex(index),
    (reference) => binaryen.getExportInfo(reference),
  ).map(({ kind, name }) => ({ kind: kinds[kind] ?? `kind ${kind}`, letter: name }));
  module.dispose();
  return { imports, exports };
}

/** Letters to the names of what Emscripten's JavaScript binds them to. @param {string} glue */
export function readBindings(glue) {
  const table = /\bwasmImports=\{([^}]*)\}/.exec(glue)?.[1] ?? '';
  const imports = new Map(Array.from(table.matchAll(/([\w$]+):([\w$]+)/g), ([, letter, name]) => [letter, name]));
  const exports = new Map(
    Array.from(glue.matchAll(/\b([\w$]+)=wasmExports\["([^"]+)"\]/g), ([, name, letter]) => [letter, name]),
  );
  const start = /wasmExports\["([^"]+)"\]\(\)/.exec(glue)?.[1];
  if (start) exports.set(start, '__wasm_call_ctors');
  return { imports, exports };
}

/** What is listed, for a build with threads with what those need beside it. */
async function readList(threads) {
  const { imports, exports, threads: more } = JSON.parse(await readFile(listed, 'utf8'));
  return threads
    ? { imports: { ...imports, ...more.imports }, exports: { ...exports, ...more.exports } }
    : { imports, exports };
}

/**
 * Throws an Error that names everything that is not on the list. With `threads` the memory comes from outside, as all threads share it.
 * @param {{ file: string, bytes: Uint8Array, glue: string, threads?: boolean, allowed?: { imports: object, exports: object } }} what
 */
export async function audit({ file, bytes, glue, threads = false, allowed }) {
  const list = allowed ?? (await readList(threads));
  const { imports, exports } = readInterface(bytes);
  const bindings = readBindings(glue);
  const faults = [];
  const name = (side, entries) =>
    entries.map((entry) => {
      const bound = bindings[side].get(entry.letter);
      if (!bound)
        faults.push(`${side.slice(0, -1)} '${entry.letter}' (${entry.kind}), which the JavaScript does not bind`);
      else if (!Object.hasOwn(list[side], bound)) faults.push(`${side.slice(0, -1)} ${bound} (${entry.kind})`);
      return { ...entry, name: bound };
    });
  const result = { imports: name('imports', imports), exports: name('exports', exports) };
  const kinds = threads ? ['function', 'memory'] : ['function'];
  for (const entry of imports) {
    if (entry.module !== 'a' || !kinds.includes(entry.kind))
      faults.push(`import of a ${entry.kind} from '${entry.module}'`);
  }
  if (faults.length > 0) {
    throw new Error(
      `${file} has an interface that wasm_interface.json does not list: ${faults.join('; ')}. ` +
        'If it is meant, add it there with its reason.',
    );
  }
  return result;
}

/** The same for edgy-resample.wasm, which has no JavaScript beside it. @param {string} file */
export async function auditResampler(file) {
  const { resample } = JSON.parse(await readFile(listed, 'utf8'));
  const bytes = await readFile(file).catch(() => {
    throw new Error(`${file} is missing: build the CMake preset wasm-simd first`);
  });
  const { imports, exports } = readInterface(bytes);
  const names = { imports: imports.map(({ letter }) => letter), exports: exports.map(({ letter }) => letter) };
  for (const side of /** @type {const} */ (['imports', 'exports'])) {
    const more = names[side].filter((name) => !Object.hasOwn(resample[side], name));
    if (more.length > 0)
      throw new Error(`${file} has ${side} that wasm_interface.json does not list: ${more.join(', ')}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, glueFile] = process.argv.slice(2);
  const threads = file.includes('-threads');
  const list = await readList(threads);
  const { imports, exports } = await audit({
    file,
    bytes: await readFile(file),
    glue: await readFile(glueFile, 'utf8'),
    threads,
  });
  for (const [side, entries] of Object.entries({ imports, exports })) {
    console.log(`${side} of ${file}`);
    for (const { name, kind } of entries) console.log(`  ${kind.padEnd(9)} ${name.padEnd(40)} ${list[side][name]}`);
  }
}
