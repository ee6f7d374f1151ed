// Bytes as they go over the wire.
import { brotliCompressSync, constants } from 'node:zlib';

/** @param {Uint8Array} bytes */
export const brotliBytes = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length;
