// Quantizes float ONNX models in the forms that onnxruntime's static quantizer writes.
//
// What a form is: "qdq" puts QuantizeLinear/DequantizeLinear around Conv and MatMul, "qoperator" replaces them by QLinearConv
// and QLinearMatMul. Activations and weights are uint8 or int8; weights per output channel or per tensor, symmetric when
// int8, asymmetric when uint8; biases int32 in units of the product of scales.
import { attributes, floats, tensor } from '../../lib/onnx.mjs';

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

/** Nearest, ties to even. */
export function round(x) {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

const limits = { uint8: [0, 255], int8: [-128, 127], uint4: [0, 15], int4: [-8, 7] };

/** Scale (of float32) and zero point of a range that is widened to hold zero. */
export function parameters(low, high, type, symmetric) {
  const [qmin, qmax] = limits[type];
  if (symmetric) {
    const scale = Math.fround(Math.max(Math.abs(low), Math.abs(high), 1e-9) / qmax);
    return { scale, zero: 0 };
  }
  const from = Math.min(low, 0);
  const scale = Math.fround(Math.max(Math.max(high, 0) - from, 1e-9) / (qmax - qmin));
  return { scale, zero: clamp(round(qmin - from / scale), qmin, qmax) };
}

/** Weights whose output channels are axis `axis` (0 or the last of two). */
export function quantizeWeights(values, dims, axis, { type, perChannel }) {
  const [qmin, qmax] = limits[type];
  const channels = perChannel ? dims[axis] : 1;
  const inner = axis === 0 ? values.length / dims[0] : 1;
  const channelOf = (i) => (perChannel ? (axis === 0 ? Math.floor(i / inner) : i % dims[axis]) : 0);
  const low = new Array(channels).fill(0);
  const high = new Array(channels).fill(0);
  values.forEach((v, i) => {
    const c = channelOf(i);
    low[c] = Math.min(low[c], v);
    high[c] = Math.max(high[c], v);
  });
  const grids = low.map((l, c) => parameters(l, high[c], type, type.startsWith('int')));
  const quantized = Array.from(values, (v, i) => {
    const { scale, zero } = grids[channelOf(i)];
    return clamp(round(v / scale) + zero, qmin, qmax);
  });
  return { values: quantized, scales: grids.map((g) => g.scale), zeros: grids.map((g) => g.zero) };
}

/**
 * @param {Record<string, any>} model float, with Conv and MatMul (constant right operand) nodes
 * @param {Record<string, [number, number]>} ranges of every value that is an input or output of those
 * @param {{ format: 'qdq' | 'qoperator', activations: 'uint8' | 'int8', weights: 'uint8' | 'int8' | 'int4', perChannel: boolean }} options
 */
export function quantizeStatic(model, ranges, options) {
  const graph = model.graph;
  const constants = new Map(graph.initializer.map((t) => [t.name, t]));
  const initializer = [];
  const node = [];
  const real = new Map(); // value -> its name after it was quantized and dequantized
  const integer = new Map(); // value -> its quantized twin
  const declared = new Set();
  const constant = (name, type, dims, values) => {
    if (!declared.has(name)) initializer.push(tensor(name, type, dims, values));
    declared.add(name);
    return name;
  };
  const add = (opType, input, output, attribute = []) =>
    node.push({ opType, name: `${opType}_${output[0]}`, input, output, attribute });

  const grid = (value) => {
    const { scale, zero } = parameters(...ranges[value], options.activations, false);
    return {
      scale,
      inputs: [
        constant(`${value}_scale`, 'float32', [], [scale]),
        constant(`${value}_zero`, options.activations, [], [zero]),
      ],
    };
  };
  const quantizedValue = (value) => {
    if (!integer.has(value)) {
      add('QuantizeLinear', [value, ...grid(value).inputs], [`${value}_q`]);
      integer.set(value, `${value}_q`);
    }
    return integer.get(value);
  };
  const rounded = (value) => {
    if (!real.has(value)) {
      add('DequantizeLinear', [quantizedValue(value), ...grid(value).inputs], [`${value}_dq`]);
      real.set(value, `${value}_dq`);
    }
    return real.get(value);
  };
  const weightsOf = (name, axis) => {
    const source = constants.get(name);
    const w = quantizeWeights(floats(source), source.dims, axis, {
      type: options.weights,
      perChannel: options.perChannel,
    });
    const dims = options.perChannel ? [w.scales.length] : [];
    return {
      ...w,
      names: [
        constant(`${name}_q`, options.weights, source.dims, w.values),
        constant(`${name}_scale`, 'float32', dims, w.scales),
        constant(`${name}_zero`, options.weights, dims, w.zeros),
      ],
    };
  };
  const biasOf = (name, inputScale, scales) => {
    const values = floats(constants.get(name));
    const units = Array.from(values, (_, i) => Math.fround(inputScale * scales[scales.length === 1 ? 0 : i]));
    return {
      units,
      names: [
        constant(
          `${name}_q`,
          'int32',
          [values.length],
          Array.from(values, (v, i) => round(v / units[i])),
        ),
      ],
    };
  };
  /** Later readers of `value` see what was quantized. */
  const current = (value) => real.get(value) ?? value;

  const skipped = new Set();
  /** The Relu that alone reads `value`, if there is one. */
  const reluAfter = (value) => {
    const readers = graph.node.filter((other) => other.input.includes(value));
    return readers.length === 1 && readers[0].opType === 'Relu' ? readers[0] : undefined;
  };

  for (const source of graph.node) {
    if (skipped.has(source)) continue;
    const [x, w, b] = source.input;
    const conv = source.opType === 'Conv';
    if (!(conv || (source.opType === 'MatMul' && constants.has(w)))) {
      if (options.format === 'qoperator') for (const name of source.input) if (integer.has(name)) rounded(name);
      node.push({ ...source, input: source.input.map(current) });
      continue;
    }
    const axis = conv ? 0 : constants.get(w).dims.length - 1;
    const weights = weightsOf(w, axis);
    const relu = reluAfter(source.output[0]);
    let y = source.output[0];
    if (options.format === 'qoperator') {
      // A range that begins at zero clips as Relu does.
      if (relu) {
        y = relu.output[0];
        skipped.add(relu);
      }
      const input = [quantizedValue(x), ...grid(x).inputs, ...weights.names, ...grid(y).inputs];
      if (conv && b) input.push(...biasOf(b, grid(x).scale, weights.scales).names);
      add(conv ? 'QLinearConv' : 'QLinearMatMul', input, [`${y}_q`], source.attribute);
      integer.set(y, `${y}_q`);
      continue;
    }
    const input = [rounded(x)];
    add('DequantizeLinear', weights.names, [`${w}_dq`], options.perChannel ? attributes({ axis }) : []);
    input.push(`${w}_dq`);
    if (conv && b) {
      const bias = biasOf(b, grid(x).scale, weights.scales);
      const scale = constant(`${b}_scale`, 'float32', [bias.units.length], bias.units);
      add('DequantizeLinear', [...bias.names, scale], [`${b}_dq`], attributes({ axis: 0 }));
      input.push(`${b}_dq`);
    }
    add(source.opType, input, [y], source.attribute);
    // onnxruntime's quantizer leaves Conv and Relu together and quantizes what comes after both.
    if (!relu && ranges[y]) rounded(y);
  }
  for (const output of graph.output) {
    const name = output.name;
    if (real.has(name) || integer.has(name)) rename(node, name, rounded(name));
  }
  return {
    ...model,
    graph: {
      ...graph,
      node,
      initializer: [...initializer, ...graph.initializer.filter((t) => node.some((n) => n.input.includes(t.name)))],
    },
  };
}

/** Lets the value `to` have the name `output` of a model output; what had it before is called otherwise. */
function rename(nodes, output, to) {
  const swap = (name) => (name === to ? output : name === output ? `${output}_float` : name);
  for (const n of nodes) {
    n.input = n.input.map(swap);
    n.output = n.output.map(swap);
  }
}
