// Small float models to quantize, and quantized ones that no static quantizer writes.
import { attributes, floats, tensor, valueInfo } from '../../lib/onnx.mjs';
import { quantizeWeights } from './quantizer.mjs';

/** Reproducible numbers, normal in about (Irwin-Hall). @param {number} seed */
export function random(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return () => Array.from({ length: 12 }, uniform).reduce((sum, u) => sum + u, -6);
}

class Builder {
  constructor(seed) {
    this.next = random(seed);
    this.node = [];
    this.initializer = [];
  }
  weights(name, dims) {
    const fan = dims.slice(1).reduce((product, d) => product * d, 1) || 1;
    const count = dims.reduce((product, d) => product * d, 1);
    const values = Array.from({ length: count }, () => this.next() * Math.sqrt(2 / fan));
    this.initializer.push(tensor(name, 'float32', dims, values));
    return name;
  }
  add(opType, input, output, values = {}) {
    this.node.push({ opType, name: output, input, output: [output], attribute: attributes(values) });
    return output;
  }
  /** A convolution with weights and bias of its own. */
  conv(input, output, dims, values) {
    const w = this.weights(`${output}.w`, dims);
    return this.add('Conv', [input, w, this.weights(`${output}.b`, [dims[0]])], output, values);
  }
  model(input, output, opset = 21) {
    return {
      irVersion: 10,
      producerName: 'edgy tests',
      opsetImport: [{ domain: '', version: opset }],
      graph: { name: 'graph', node: this.node, initializer: this.initializer, input: [input], output: [output] },
    };
  }
}

/** A CNN over images: 3x3, depthwise with stride, 1x1, a residual sum, pooling, a classifier. */
export function cnn() {
  const b = new Builder(1);
  let x = b.conv('x', 'c1', [16, 3, 3, 3], { pads: [1, 1, 1, 1] });
  x = b.add('Relu', [x], 'r1');
  x = b.conv(x, 'c2', [16, 1, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2], group: 16 });
  const skip = b.add('Relu', [x], 'r2');
  x = b.conv(skip, 'c3', [16, 16, 1, 1], {});
  x = b.add('Add', [x, skip], 'sum');
  x = b.add('MaxPool', [x], 'pool', { kernel_shape: [2, 2], strides: [2, 2] });
  x = b.conv(x, 'c4', [24, 16, 2, 2], {});
  x = b.add('Relu', [x], 'r4');
  x = b.add('GlobalAveragePool', [x], 'mean');
  x = b.add('Flatten', [x], 'flat');
  b.add('MatMul', [x, b.weights('classes', [24, 10])], 'y');
  return { model: b.model(valueInfo('x', [1, 3, 12, 12]), valueInfo('y', [1, 10])), input: 'x', dims: [1, 3, 12, 12] };
}

/** An encoder of sequences with a dynamic length: as EDGY's, small. */
export function sequence() {
  const b = new Builder(2);
  let x = b.conv('x', 'c1', [24, 10, 3], {});
  x = b.add('Relu', [x], 'r1');
  x = b.conv(x, 'c2', [24, 24, 4], { pads: [1, 1], strides: [2] });
  x = b.add('Relu', [x], 'r2');
  b.conv(x, 'y', [12, 24, 1], {});
  return { model: b.model(valueInfo('x', [1, 10, -1]), valueInfo('y', [1, 12, -1])), input: 'x', dims: [1, 10, 61] };
}

/** Dense layers over tokens. */
export function dense() {
  const b = new Builder(3);
  let x = b.add('MatMul', ['x', b.weights('w1', [20, 48])], 'm1');
  x = b.add('Add', [x, b.weights('b1', [48])], 'a1');
  x = b.add('Relu', [x], 'r1');
  b.add('MatMul', [x, b.weights('w2', [48, 16])], 'y');
  return { model: b.model(valueInfo('x', [1, -1, 20]), valueInfo('y', [1, -1, 16])), input: 'x', dims: [1, 17, 20] };
}

/** The same model as onnxruntime's dynamic quantizer writes it: int8 weights, activations by their range in each run. */
export function dynamic({ model, ...rest }, { weights, perChannel }) {
  const constants = new Map(model.graph.initializer.map((t) => [t.name, t]));
  const initializer = [...model.graph.initializer];
  const node = [];
  for (const source of model.graph.node) {
    const [x, w, bias] = source.input;
    const conv = source.opType === 'Conv';
    if (!constants.has(w) || !(conv || source.opType === 'MatMul')) {
      node.push(source);
      continue;
    }
    const dims = constants.get(w).dims;
    const q = quantizeWeights(floats(constants.get(w)), dims, conv ? 0 : 1, {
      type: weights,
      perChannel: perChannel && !conv,
    });
    const y = source.output[0];
    initializer.push(
      tensor(`${w}_q`, weights, dims, q.values),
      tensor(`${w}_scale`, 'float32', q.scales.length > 1 ? [q.scales.length] : [], q.scales),
      tensor(`${w}_zero`, weights, q.zeros.length > 1 ? [q.zeros.length] : [], q.zeros),
    );
    const add = (opType, input, output, attribute = []) =>
      node.push({ opType, name: `${opType}_${output[0]}`, input, output, attribute });
    add('DynamicQuantizeLinear', [x], [`${y}_x`, `${y}_scale`, `${y}_zero`]);
    add(
      conv ? 'ConvInteger' : 'MatMulInteger',
      [`${y}_x`, `${w}_q`, `${y}_zero`, `${w}_zero`],
      [`${y}_i32`],
      source.attribute,
    );
    add('Cast', [`${y}_i32`], [`${y}_f32`], attributes({ to: 1 }));
    add('Mul', [`${y}_scale`, `${w}_scale`], [`${y}_unit`]);
    add('Mul', [`${y}_f32`, `${y}_unit`], [bias ? `${y}_product` : y]);
    if (bias) {
      initializer.push(
        tensor(`${bias}_4d`, 'float32', [1, dims[0], ...dims.slice(2).map(() => 1)], floats(constants.get(bias))),
      );
      add('Add', [`${y}_product`, `${bias}_4d`], [y]);
    }
  }
  const used = new Set(node.flatMap((n) => n.input));
  return {
    ...rest,
    model: { ...model, graph: { ...model.graph, node, initializer: initializer.filter((t) => used.has(t.name)) } },
  };
}

/** A "qdq" model in NNCF's words: FakeQuantize of OpenVINO's domain for each pair, ranges instead of scales, float weights. */
export function fakeQuantized(model) {
  const { graph } = model;
  const constants = new Map(graph.initializer.map((t) => [t.name, t]));
  const integers = new Map(
    graph.node.filter((n) => n.opType === 'QuantizeLinear').map((n) => [n.output[0], n.input[0]]),
  );
  const initializer = [...graph.initializer];
  const node = [];
  for (const source of graph.node) {
    if (source.opType === 'QuantizeLinear') continue;
    const [value, scaleName, zeroName] = source.input;
    if (source.opType !== 'DequantizeLinear' || !zeroName) {
      node.push(source);
      continue;
    }
    const scales = floats(constants.get(scaleName));
    const signed = constants.get(zeroName).dataType === 3;
    const zeros = (signed ? Int8Array : Uint8Array).from(constants.get(zeroName).rawData);
    const weights = constants.get(value);
    const y = source.output[0];
    // Symmetric weights use 255 levels, as NNCF's do.
    const [qmin, qmax] = weights && signed ? [-127, 127] : signed ? [-128, 127] : [0, 255];
    const dims =
      weights && scales.length > 1
        ? weights.dims.map((d, i) => (i === (weights.dims.length === 2 ? 1 : 0) ? d : 1))
        : [];
    const bound = (q) => Array.from(scales, (s, c) => s * (q - ((zeros[c] << (signed ? 24 : 0)) >> (signed ? 24 : 0))));
    for (const [end, q] of [
      ['low', qmin],
      ['high', qmax],
    ])
      initializer.push(tensor(`${y}_${end}`, 'float32', dims, bound(q)));
    let input = integers.get(value);
    if (weights) {
      const bytes = (signed ? Int8Array : Uint8Array).from(weights.rawData);
      const inner = weights.dims.length === 2 ? 1 : bytes.length / weights.dims[0];
      const channel = (i) =>
        scales.length === 1 ? 0 : weights.dims.length === 2 ? i % scales.length : Math.floor(i / inner);
      const signedByte = (b) => (signed ? (b << 24) >> 24 : b);
      input = `${y}_weights`;
      initializer.push(
        tensor(
          input,
          'float32',
          weights.dims,
          Array.from(
            bytes,
            (b, i) => (signedByte(b) - signedByte(zeros[channel(i) % zeros.length])) * scales[channel(i)],
          ),
        ),
      );
    }
    node.push({
      opType: 'FakeQuantize',
      domain: 'org.openvinotoolkit',
      name: `fq_${y}`,
      input: [input, `${y}_low`, `${y}_high`, `${y}_low`, `${y}_high`],
      output: [y],
      attribute: attributes({ levels: qmax - qmin + 1 }),
    });
  }
  const used = new Set(node.flatMap((n) => n.input));
  return {
    ...model,
    opsetImport: [...model.opsetImport, { domain: 'org.openvinotoolkit', version: 1 }],
    graph: { ...graph, node, initializer: initializer.filter((t) => used.has(t.name)) },
  };
}
