// Sound as the measurements read it.
import { readFileSync } from 'node:fs';

/** Samples of a WAV of 16 bits and one channel with the shortest header, -1..1. @param {string} file */
export function samplesOf(file) {
  const bytes = readFileSync(file).subarray(44);
  return Float32Array.from(
    new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1))),
    (x) => x / 32768,
  );
}
