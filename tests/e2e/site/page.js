// The page under test: the package as a visitor's browser loads it, and helpers that tests call.
import * as edgy from '../edgy/index.js';
import { attempts } from './attempts.js';
import { bytesOf, outcome } from './kit.js';

/** Bits of numbers, so that comparisons are exact and survive the way out of the page. */
const bitsOf = ({ type, dims, data }) => ({
  dims: [...dims],
  values:
    type === 'float32'
      ? Array.from(new Uint32Array(data.buffer, data.byteOffset, data.length))
      : Array.from(data, Number),
});

const outputsOf = (outputs) =>
  Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, bitsOf(tensor)]));

const melOf = ({ dims, values }) => new edgy.Tensor('float32', new Float32Array(values), dims);

async function decode(url, context = new OfflineAudioContext(1, 1, 16000)) {
  return context.decodeAudioData(await (await fetch(url)).arrayBuffer());
}

globalThis.kit = { edgy, outcome, outputsOf, bitsOf, melOf, bytesOf, decode, attempts };
