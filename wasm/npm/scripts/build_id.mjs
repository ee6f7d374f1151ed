// Which files belong together: every WebAssembly file of a build carries the build's name, which its JavaScript knows (src/engine/build_id.ts).
import { createHash } from 'node:crypto';

/** Of the custom section; https://webassembly.github.io/spec/core/binary/modules.html#custom-section */
const kSection = 'edgy';

/** A name for what was built of `parts`. @param {(string | Uint8Array)[]} parts */
export function nameBuild(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 12);
}

/** `wasm` with the name in a custom section at its end. @param {Uint8Array} wasm @param {string} name */
export function withName(wasm, name) {
  const content = Buffer.concat([Buffer.from([kSection.length]), Buffer.from(kSection), Buffer.from(name)]);
  if (content.length > 127) throw new Error(`'${name}' is too long for a section whose length is one byte`);
  return Buffer.concat([wasm, Buffer.from([0, content.length]), content]);
}
