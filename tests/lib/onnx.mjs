// Writes and reads ONNX models: the part of its schema (onnx.proto) that tests need.
import protobuf from 'protobufjs';

const repeated = (type, id) => ({ rule: 'repeated', type, id });
const field = (type, id) => ({ type, id });

const schema = protobuf.Root.fromJSON({
  nested: {
    OperatorSetIdProto: { fields: { domain: field('string', 1), version: field('int64', 2) } },
    TensorProto: {
      fields: {
        dims: repeated('int64', 1),
        dataType: field('int32', 2),
        floatData: repeated('float', 4),
        int32Data: repeated('int32', 5),
        int64Data: repeated('int64', 7),
        name: field('string', 8),
        rawData: field('bytes', 9),
        doubleData: repeated('double', 10),
        uint64Data: repeated('uint64', 11),
      },
    },
    AttributeProto: {
      fields: {
        name: field('string', 1),
        f: field('float', 2),
        i: field('int64', 3),
        s: field('bytes', 4),
        t: field('TensorProto', 5),
        g: field('GraphProto', 6),
        floats: repeated('float', 7),
        ints: repeated('int64', 8),
        type: field('int32', 20),
      },
    },
    NodeProto: {
      fields: {
        input: repeated('string', 1),
        output: repeated('string', 2),
        name: field('string', 3),
        opType: field('string', 4),
        attribute: repeated('AttributeProto', 5),
        domain: field('string', 7),
      },
    },
    Dimension: { fields: { dimValue: field('int64', 1), dimParam: field('string', 2) } },
    TensorShapeProto: { fields: { dim: repeated('Dimension', 1) } },
    TensorTypeProto: { fields: { elemType: field('int32', 1), shape: field('TensorShapeProto', 2) } },
    TypeProto: { fields: { tensorType: field('TensorTypeProto', 1) } },
    ValueInfoProto: { fields: { name: field('string', 1), type: field('TypeProto', 2) } },
    GraphProto: {
      fields: {
        node: repeated('NodeProto', 1),
        name: field('string', 2),
        initializer: repeated('TensorProto', 5),
        input: repeated('ValueInfoProto', 11),
        output: repeated('ValueInfoProto', 12),
      },
    },
    ModelProto: {
      fields: {
        irVersion: field('int64', 1),
        producerName: field('string', 2),
        graph: field('GraphProto', 7),
        opsetImport: repeated('OperatorSetIdProto', 8),
      },
    },
  },
});
const ModelProto = schema.lookupType('ModelProto');

/** Numbers of TensorProto.DataType, and the arrays that hold their values. */
export const types = {
  float32: { id: 1, array: Float32Array },
  uint8: { id: 2, array: Uint8Array },
  int8: { id: 3, array: Int8Array },
  int32: { id: 6, array: Int32Array },
  int64: { id: 7, array: BigInt64Array },
  bool: { id: 9, array: Uint8Array },
  uint4: { id: 21, array: Uint8Array },
  int4: { id: 22, array: Int8Array },
};

/** @param {Uint8Array} bytes */
export const parseModel = (bytes) => ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, arrays: true });

const TensorProto = schema.lookupType('TensorProto');

/** @param {Uint8Array} bytes */
export const parseTensor = (bytes) => TensorProto.toObject(TensorProto.decode(bytes), { longs: Number, arrays: true });

/** @param {Record<string, any>} model */
export const formatModel = (model) => ModelProto.encode(ModelProto.fromObject(model)).finish();

/** An initializer; of four bits, two values a byte. @param {string} name @param {keyof typeof types} type @param {readonly number[]} dims @param {ArrayLike<number>} values */
export function tensor(name, type, dims, values) {
  const typed = types[type].array.from(values, type === 'int64' ? BigInt : Number);
  let rawData = new Uint8Array(typed.buffer);
  if (/^u?int4$/.test(type)) {
    rawData = new Uint8Array((typed.length + 1) >> 1);
    typed.forEach((value, i) => {
      rawData[i >> 1] |= (value & 15) << (i % 2 ? 4 : 0);
    });
  }
  return { name, dataType: types[type].id, dims: [...dims], rawData };
}

/** Values of a float32 initializer. @param {Record<string, any>} initializer */
export function floats(initializer) {
  if (initializer.floatData?.length) return Float32Array.from(initializer.floatData);
  return new Float32Array(Uint8Array.from(initializer.rawData).buffer);
}

/** Attributes by their values: whole numbers, lists of them; { float: 0.5 } for real ones. @param {Record<string, any>} values */
export function attributes(values) {
  return Object.entries(values).map(([name, value]) => {
    if (Array.isArray(value)) return { name, ints: value, type: 7 };
    if (typeof value === 'object') return { name, f: value.float, type: 1 };
    return { name, i: value, type: 2 };
  });
}

/** A node of one output, which it is named by. @param {string} opType @param {readonly string[]} input @param {string} output @param {Record<string, any>} values */
export const node = (opType, input, output, values = {}) => ({
  opType,
  input: [...input],
  output: [output],
  name: output,
  attribute: attributes(values),
});

/** An initializer of float32 between -size / 2 and size / 2, the same every time. @param {string} name @param {readonly number[]} dims @param {number} size @param {number} seed */
export function weight(name, dims, size = 1, seed = 1) {
  let state = seed;
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * size;
  });
  return tensor(name, 'float32', dims, values);
}

/** A declared input or output; dynamic extents are names, or negative and named T. @param {string} name @param {readonly (number | string)[]} dims @param {number} elemType */
export function valueInfo(name, dims, elemType = 1) {
  const dim = dims.map((d) => (typeof d === 'string' ? { dimParam: d } : d < 0 ? { dimParam: 'T' } : { dimValue: d }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
