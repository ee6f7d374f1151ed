import { PbfReader } from 'pbf';

/** Field numbers of onnx.proto. */
const kModelGraph = 7;
const kGraphInitializer = 5;
const kTensorDims = 1;
const kTensorFloats = 4;
const kTensorRawData = 9;

/** The first float32 initializer of an ONNX file with shape `dims` (or with its two extents swapped, then transposed). */
export function readInitializer(bytes, dims) {
  let found;
  const readTensor = (tag, tensor, pbf) => {
    if (tag === kTensorDims) pbf.readPackedVarint(tensor.dims);
    else if (tag === kTensorFloats) pbf.readPackedFloat(tensor.floats);
    else if (tag === kTensorRawData) tensor.raw = pbf.readBytes();
  };
  const readGraph = (tag, _, pbf) => {
    if (tag !== kGraphInitializer || found) return;
    const tensor = pbf.readMessage(readTensor, { dims: [], floats: [], raw: undefined });
    const values = tensor.raw ? new Float32Array(Uint8Array.from(tensor.raw).buffer) : Float32Array.from(tensor.floats);
    if (same(tensor.dims, dims)) found = values;
    else if (same(tensor.dims, [...dims].reverse())) found = transpose(values, dims[1], dims[0]);
  };
  new PbfReader(bytes).readFields((tag, _, pbf) => {
    if (tag === kModelGraph) pbf.readMessage(readGraph, null);
  }, null);
  return found;
}

function same(a, b) {
  return a.length === b.length && a.every((extent, at) => extent === b[at]);
}

function transpose(values, rows, columns) {
  return Float32Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]);
}
