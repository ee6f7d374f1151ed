// Random graphs of a few nodes over all families of operators, drawn from a seed. Steps that jump (Floor, TopK, comparisons) are
// taken of values that float32 holds exactly alone, so that two runtimes that round differently still have to agree.
import { attributes, formatModel, tensor } from '../../lib/onnx.mjs';

/** xorshift32: whole numbers below `n`. @param {number} seed */
export function generator(seed) {
  let state = (seed * 2654435761 + 1) | 0 || 1;
  return (/** @type {number} */ n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

const product = (/** @type {readonly number[]} */ dims) => dims.reduce((a, b) => a * b, 1);
const string = (/** @type {string} */ name, /** @type {string} */ text) => ({
  name,
  s: new TextEncoder().encode(text),
  type: 3,
});

const smooth = [
  'Sigmoid',
  'Tanh',
  'Erf',
  'Sin',
  'Cos',
  'Atan',
  'Softplus',
  'HardSwish',
  'Mish',
  'Elu',
  'Selu',
  'Celu',
  'Softsign',
];
const exactUnary = ['Relu', 'Neg', 'Abs', 'LeakyRelu', 'HardSigmoid'];
const jumping = ['Floor', 'Ceil', 'Round', 'Sign'];
const reductions = [
  'ReduceMean',
  'ReduceSum',
  'ReduceMax',
  'ReduceMin',
  'ReduceL1',
  'ReduceL2',
  'ReduceSumSquare',
  'ReduceLogSumExp',
];

class Graph {
  constructor(/** @type {number} */ seed) {
    this.draw = generator(seed);
    this.node = /** @type {object[]} */ ([]);
    this.initializer = /** @type {object[]} */ ([]);
    this.pool = /** @type {{ name: string, dims: number[], exact: boolean }[]} */ ([]);
  }
  pick(/** @type {readonly any[]} */ list) {
    return list[this.draw(list.length)];
  }
  /** Multiples of 1/8 from -4 to 4. */
  values(/** @type {number} */ count) {
    return Float32Array.from({ length: count }, () => (this.draw(65) - 32) / 8);
  }
  constant(/** @type {readonly number[]} */ dims) {
    const name = `c${this.initializer.length}`;
    this.initializer.push(tensor(name, 'float32', dims, this.values(product(dims))));
    return name;
  }
  ints(/** @type {readonly number[]} */ list, dims = [list.length]) {
    const name = `c${this.initializer.length}`;
    this.initializer.push(tensor(name, 'int64', dims, list));
    return name;
  }
  add(
    /** @type {string} */ opType,
    /** @type {string[]} */ input,
    /** @type {object[]} */ attribute = [],
    outputs = 1,
  ) {
    const output = Array.from({ length: outputs }, (_, i) => `v${this.node.length}_${i}`);
    this.node.push({ opType, input, output, attribute });
    return output;
  }
  keep(/** @type {string} */ name, /** @type {number[]} */ dims, exact = false) {
    this.pool.push({ name, dims, exact });
  }
  /** Anything there is; the later, the likelier. */
  value(exact = false) {
    const list = exact ? this.pool.filter((one) => one.exact) : this.pool;
    return list[Math.max(this.draw(list.length), this.draw(list.length))];
  }
}

/** What one step may be: each adds nodes and a result, or does nothing where the shape does not suit it. */
const steps = [
  (/** @type {Graph} */ g) => {
    const x = g.value();
    g.keep(g.add(g.pick(smooth), [x.name])[0], x.dims);
  },
  (g) => {
    const x = g.value();
    g.keep(g.add(g.pick(exactUnary), [x.name])[0], x.dims);
  },
  (g) => {
    const x = g.value(true);
    g.keep(g.add(g.pick(jumping), [x.name])[0], x.dims, true);
  },
  (g) => {
    const x = g.value();
    const other = g.pool.find((y) => y !== x && y.dims.join() === x.dims.join());
    const name = other && g.draw(2) ? other.name : g.constant(x.dims.slice(g.draw(x.dims.length + 1)));
    g.keep(g.add(g.pick(['Add', 'Sub', 'Mul', 'Max', 'Min']), g.draw(2) ? [x.name, name] : [name, x.name])[0], x.dims);
  },
  (g) => {
    const x = g.value(true);
    const [flag] = g.add(g.pick(['Less', 'Greater', 'Equal', 'LessOrEqual', 'GreaterOrEqual']), [
      x.name,
      g.constant([]),
    ]);
    if (g.draw(2)) g.keep(g.add('Cast', [flag], attributes({ to: 1 }))[0], x.dims, true);
    else g.keep(g.add('Where', [flag, x.name, g.constant(x.dims.slice(-1))])[0], x.dims, true);
  },
  (g) => {
    const x = g.value();
    if (!x.dims.length) return;
    const axis = g.draw(x.dims.length);
    const keepdims = g.draw(2);
    const dims = x.dims.flatMap((d, i) => (i !== axis ? [d] : keepdims ? [1] : []));
    const op = g.pick(reductions);
    // At this operator set the axes of ReduceSum are an input, those of the others an attribute.
    const [y] =
      op === 'ReduceSum'
        ? g.add(op, [x.name, g.ints([axis])], attributes({ keepdims }))
        : g.add(op, [x.name], attributes({ axes: [axis], keepdims }));
    g.keep(y, dims);
  },
  (g) => {
    const x = g.value();
    if (!x.dims.length) return;
    g.keep(g.add(g.pick(['Softmax', 'LogSoftmax']), [x.name], attributes({ axis: g.draw(x.dims.length) }))[0], x.dims);
  },
  (g) => {
    const x = g.value();
    const perm = x.dims.map((_, i) => i).sort(() => g.draw(3) - 1);
    if (!perm.length) return;
    g.keep(
      g.add('Transpose', [x.name], attributes({ perm }))[0],
      perm.map((i) => x.dims[i]),
      x.exact,
    );
  },
  (g) => {
    const x = g.value();
    if (x.dims.length < 2) return;
    const dims = [x.dims[0], product(x.dims.slice(1))];
    g.keep(g.add('Reshape', [x.name, g.ints([0, -1])])[0], dims, x.exact);
  },
  (g) => {
    const x = g.value();
    if (!x.dims.length) return;
    const axis = g.draw(x.dims.length);
    const start = g.draw(x.dims[axis]);
    const step = 1 + g.draw(2);
    const dims = x.dims.map((d, i) => (i === axis ? Math.ceil((d - start) / step) : d));
    const list = [g.ints([start]), g.ints([2 ** 31 - 1]), g.ints([axis]), g.ints([step])];
    g.keep(g.add('Slice', [x.name, ...list])[0], dims, x.exact);
  },
  (g) => {
    const x = g.value();
    if (!x.dims.length) return;
    const axis = g.draw(x.dims.length);
    const dims = x.dims.map((d, i) => (i === axis ? 2 * d : d));
    g.keep(g.add('Concat', [x.name, x.name], attributes({ axis }))[0], dims, x.exact);
  },
  (g) => {
    const x = g.value();
    if (!x.dims.length) return;
    const pads = [...x.dims, ...x.dims].map(() => g.draw(2));
    const mode = g.pick(['constant', 'edge']);
    const dims = x.dims.map((d, i) => d + pads[i] + pads[i + x.dims.length]);
    g.keep(g.add('Pad', [x.name, g.ints(pads)], [string('mode', mode)])[0], dims, x.exact);
  },
  (g) => {
    const x = g.value();
    if (x.dims.length < 2) return;
    const width = 1 + g.draw(5);
    const w = g.constant([x.dims.at(-1) ?? 1, width]);
    g.keep(g.add('MatMul', [x.name, w])[0], [...x.dims.slice(0, -1), width]);
  },
  (g) => {
    const x = g.value();
    if (x.dims.length !== 2) return;
    const width = 1 + g.draw(4);
    const [equation, dims] = g.pick([
      ['ij,jk->ik', [x.dims[0], width]],
      ['ij,jk->ki', [width, x.dims[0]]],
      ['ij,jk->ijk', [...x.dims, width]],
      ['ij,jk->k', [width]],
    ]);
    g.keep(g.add('Einsum', [x.name, g.constant([x.dims[1], width])], [string('equation', equation)])[0], dims);
  },
  (g) => {
    const x = g.value();
    if (x.dims.length < 3 || x.dims.length > 4) return;
    const kernel = x.dims.slice(2).map((d) => 1 + g.draw(Math.min(3, d)));
    const channels = 1 + g.draw(4);
    const pads = [...kernel, ...kernel].map((k) => g.draw(k));
    const strides = kernel.map(() => 1 + g.draw(2));
    const axes = kernel.length;
    const dims = [
      x.dims[0],
      channels,
      ...kernel.map((k, i) => Math.floor((x.dims[i + 2] + pads[i] + pads[i + axes] - k) / strides[i]) + 1),
    ];
    const input = [x.name, g.constant([channels, x.dims[1], ...kernel]), g.constant([channels])];
    g.keep(g.add('Conv', input, attributes({ pads, strides }))[0], dims);
  },
  (g) => {
    const x = g.value();
    if (x.dims.length < 3 || x.dims.length > 4) return;
    const kernel_shape = x.dims.slice(2).map((d) => 1 + g.draw(Math.min(3, d)));
    const dilations = kernel_shape.map((k, i) => (k > 1 && 2 * (k - 1) + 1 <= x.dims[i + 2] ? 1 + g.draw(2) : 1));
    const strides = kernel_shape.map(() => 1 + g.draw(2));
    const dims = [
      ...x.dims.slice(0, 2),
      ...kernel_shape.map((k, i) => Math.floor((x.dims[i + 2] - (k - 1) * dilations[i] - 1) / strides[i]) + 1),
    ];
    const op = g.pick(['MaxPool', 'AveragePool']);
    g.keep(g.add(op, [x.name], attributes({ kernel_shape, strides, dilations }))[0], dims, op === 'MaxPool' && x.exact);
  },
  (g) => {
    const x = g.value();
    if (!x.dims.length) return;
    const axis = g.draw(x.dims.length);
    const list = Array.from({ length: 1 + g.draw(4) }, () => g.draw(x.dims[axis]));
    const dims = x.dims.map((d, i) => (i === axis ? list.length : d));
    g.keep(g.add('Gather', [x.name, g.ints(list)], attributes({ axis }))[0], dims, x.exact);
  },
  (g) => {
    const x = g.value(true);
    if (!x.dims.length) return;
    const axis = g.draw(x.dims.length);
    const k = 1 + g.draw(x.dims[axis]);
    const dims = x.dims.map((d, i) => (i === axis ? k : d));
    const [y, places] = g.add('TopK', [x.name, g.ints([k])], attributes({ axis, largest: g.draw(2) }), 2);
    g.keep(y, dims, true);
    g.keep(g.add('Cast', [places], attributes({ to: 1 }))[0], dims, true);
  },
  (g) => {
    const x = g.value(true);
    if (!x.dims.length) return;
    const given = attributes({ axis: g.draw(x.dims.length), keepdims: 1, select_last_index: g.draw(2) });
    const [places] = g.add(g.pick(['ArgMax', 'ArgMin']), [x.name], given);
    const axis = Number(/** @type {any} */ (given[0]).i);
    const dims = x.dims.map((d, i) => (i === axis ? 1 : d));
    g.keep(g.add('Cast', [places], attributes({ to: 1 }))[0], dims, true);
  },
  (g) => {
    const x = g.value(true);
    if (!x.dims.length) return;
    const axis = g.draw(x.dims.length);
    if (g.draw(2)) g.keep(g.add('Hardmax', [x.name], attributes({ axis }))[0], x.dims, true);
    else
      g.keep(
        g.add('CumSum', [x.name, g.ints([axis], [])], attributes({ exclusive: g.draw(2), reverse: g.draw(2) }))[0],
        x.dims,
      );
  },
  (g) => {
    const x = g.value();
    if (!x.dims.length) return;
    const width = x.dims.at(-1) ?? 1;
    const input = [x.name, g.constant([width]), g.constant([width])];
    g.keep(g.add('LayerNormalization', input, attributes({ axis: -1, epsilon: { float: 0.1 } }))[0], x.dims);
  },
  (g) => {
    const x = g.value();
    const dims = x.dims.filter((d) => d !== 1);
    if (!x.dims.length) return;
    if (g.draw(2)) g.keep(g.add('Unsqueeze', [x.name, g.ints([0])])[0], [1, ...x.dims], x.exact);
    else if (dims.length < x.dims.length) {
      const axes = x.dims.flatMap((d, i) => (d === 1 ? [i] : []));
      g.keep(g.add('Squeeze', [x.name, g.ints(axes)])[0], dims, x.exact);
    }
  },
  (g) => {
    const x = g.value();
    if (x.dims.length !== 4) return;
    const scale = 2 + g.draw(2);
    g.initializer.push(tensor(`c${g.initializer.length}`, 'float32', [4], [1, 1, scale, scale]));
    const given = [
      string('mode', 'nearest'),
      string('coordinate_transformation_mode', 'asymmetric'),
      string('nearest_mode', 'floor'),
    ];
    const [y] = g.add('Resize', [x.name, '', `c${g.initializer.length - 1}`], given);
    g.keep(y, [x.dims[0], x.dims[1], x.dims[2] * scale, x.dims[3] * scale], x.exact);
  },
  (g) => {
    const x = g.value(true);
    if (x.dims.length < 1) return;
    const [whole] = g.add('Cast', [g.add('Floor', [x.name])[0]], attributes({ to: 7 }));
    const divisor = g.ints([g.pick([2, 3, -3, 5])], []);
    const [y] = g.add(g.pick(['Mod', 'Div', 'Add', 'Mul']), [whole, divisor]);
    g.keep(g.add('Cast', [y], attributes({ to: 1 }))[0], x.dims, true);
  },
];

/**
 * The graph of a seed: the bytes of a model with an input x, and feeds of one shape, or of two where some extents are dynamic.
 * @param {number} seed
 */
export function randomGraph(seed) {
  const g = new Graph(seed);
  const rank = 1 + g.draw(4);
  const dims = Array.from({ length: rank }, () => 1 + g.draw(6));
  const dynamic = dims.map(() => g.draw(4) === 0);
  g.keep('x', dims, true);
  const wanted = 1 + g.draw(6);
  for (let tries = 0; g.node.length < wanted && tries < 60; tries++) g.pick(steps)(g);
  // All that nothing reads is an output, so that nothing is left out.
  const read = new Set(g.node.flatMap((/** @type {any} */ node) => node.input));
  const outputs = g.node
    .flatMap((/** @type {any} */ node) => (node.opType === 'TopK' ? [] : node.output))
    .filter((/** @type {string} */ name) => !read.has(name));
  const dim = dims.map((d, i) => (dynamic[i] ? { dimParam: `D${i}` } : { dimValue: d }));
  const bytes = formatModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: `seed ${seed}`,
      node: g.node.map((node, i) => ({ ...node, name: `n${i}` })),
      initializer: g.initializer,
      input: [{ name: 'x', type: { tensorType: { elemType: 1, shape: { dim } } } }],
      output: outputs.map((/** @type {string} */ name) => ({ name, type: { tensorType: { elemType: 1 } } })),
    },
  });
  const feed = (/** @type {number[]} */ shape) => ({ data: g.values(product(shape)), dims: shape });
  const feeds = [feed(dims)];
  if (dynamic.includes(true)) feeds.push(feed(dims.map((d, i) => (dynamic[i] ? d + 1 + g.draw(3) : d))));
  return { bytes, feeds, operators: g.node.map((/** @type {any} */ node) => node.opType) };
}
