// Which files belong together: every WebAssembly file of a build carries the build's name, which its JavaScript knows (src/engine/build_name.ts).
import { createHash } from 'node:crypto';

/** Of the custom section; https://webassembly.github.io/spec/core/binary/modules.html#custom-section */
const kSection = 'edgy';
const kDigits = 12;
/** Its number, the bytes that follow, those of its name, the name. */
const head = Buffer.from([0, 1 + kSection.length + kDigits, kSection.length, ...Buffer.from(kSection)]);

/** A name for what was built of `parts`. @param {(string | Uint8Array)[]} parts */
export function nameBuild(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, kDigits);
}

/** `wasm` with the name in a custom section at its end, in place of another name. @param {Uint8Array} wasm @param {string} name */
export function withName(wasm, name) {
  const end = wasm.length - head.length - kDigits;
  const isNamed = end > 0 && head.equals(wasm.subarray(end, end + head.length));
  return Buffer.concat([isNamed ? wasm.subarray(0, end) : wasm, head, Buffer.from(name)]);
}
