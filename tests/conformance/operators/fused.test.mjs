// What exporters and onnxruntime's optimizer write as one operator (com.microsoft, and ONNX's Attention) gives onnxruntime's results, at
// fixed extents and at extents that only a run knows. Cases are drawn from a seed that failures print.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributes, tensor } from '../../lib/onnx.mjs';
import { agrees, float, info, model, product, string, values } from './agrees.mjs';
import { generator } from './random_graph.mjs';

const INT32 = 6;
const INT64 = 7;
const microsoft = [{ domain: 'com.microsoft', version: 1 }];

/** A model of one node. `feeds`: of its inputs [name, feed, declared]; `constants`: the others; absent ones are ''. */
function one(opType, order, { feeds, constants = [], attribute = [], rank, domain = 'com.microsoft' }) {
  const node = [{ opType, domain, input: order, output: ['y'], attribute }];
  const inputs = feeds.map(([name, { type }, declared]) =>
    info(name, declared, { int32: INT32, int64: INT64 }[type] ?? 1),
  );
  const y = info('y', Array(rank).fill(undefined));
  return model(node, inputs, [y], constants, domain ? 17 : 23, domain ? microsoft : []);
}

/** Compares what `drawCase` makes of each seed; at least `least` of the cases have to be ones that onnxruntime takes. */
async function holds(seeds, least, drawCase) {
  let cases = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const { bytes, feeds, options } = drawCase(generator(seed));
    const fed = Object.fromEntries(feeds.map(([name, feed]) => [name, feed]));
    if (await agrees(`seed ${seed}`, bytes, fed, options)) cases++;
  }
  assert.ok(cases >= least, `${cases} cases of at least ${least}`);
}

const real = (draw, dims) => ({ data: values(draw, product(dims)), dims });
/** 1 where a key counts; the first one always does. */
const mask = (draw, n, t) => ({
  data: Int32Array.from({ length: n * t }, (_, i) => (i % t === 0 ? 1 : draw(4) > 0 ? 1 : 0)),
  dims: [n, t],
  type: 'int32',
});

test('Attention of com.microsoft: heads, bias, masks, causal, a scale of its own, dynamic lengths', async () => {
  await holds(40, 35, (draw) => {
    const [n, t, inner, heads, d] = [1 + draw(2), 1 + draw(6), 2 + draw(5), 1 + draw(3), 1 + draw(4)];
    const width = heads * d;
    const causal = draw(3) === 0;
    const [length, batch] = draw(2) && !causal ? ['T', 'N'] : [t, n];
    const feeds = [['x', real(draw, [n, t, inner]), [batch, length, inner]]];
    const order = ['x', 'w', 'b'];
    if (draw(2)) {
      feeds.push(['mask', mask(draw, n, t), [batch, length]]);
      order.push('mask');
    }
    const attribute = attributes({ num_heads: heads, unidirectional: causal ? 1 : 0 });
    if (draw(3) === 0) attribute.push(float('scale', 0.25 + draw(4) / 4));
    if (draw(3) === 0) attribute.push(float('mask_filter_value', -1000));
    const constants = [
      tensor('w', 'float32', [inner, 3 * width], values(draw, inner * 3 * width)),
      tensor('b', 'float32', [3 * width], values(draw, 3 * width)),
    ];
    return { bytes: one('Attention', order, { feeds, constants, attribute, rank: 3 }), feeds };
  });
});

test('MultiHeadAttention: other lengths and widths of keys, bias, masks, what is added to scores', async () => {
  await holds(40, 35, (draw) => {
    const [n, t, s, heads] = [1 + draw(2), 1 + draw(5), 1 + draw(6), 1 + draw(3)];
    const [width, valueWidth] = [heads * (1 + draw(4)), heads * (1 + draw(4))];
    const dynamic = draw(2) === 1;
    const [batch, rows, columns] = dynamic ? ['N', 'T', 'S'] : [n, t, s];
    const feeds = [
      ['q', real(draw, [n, t, width]), [batch, rows, width]],
      ['k', real(draw, [n, s, width]), [batch, columns, width]],
      ['v', real(draw, [n, s, valueWidth]), [batch, columns, valueWidth]],
    ];
    const order = ['q', 'k', 'v', '', '', ''];
    const constants = [];
    if (draw(2)) {
      order[3] = 'b';
      constants.push(tensor('b', 'float32', [2 * width + valueWidth], values(draw, 2 * width + valueWidth)));
    }
    if (draw(2)) {
      order[4] = 'mask';
      feeds.push(['mask', mask(draw, n, s), [batch, columns]]);
    }
    if (draw(2)) {
      order[5] = 'bias';
      feeds.push(['bias', real(draw, [1, heads, t, s]), [1, heads, rows, columns]]);
    }
    while (order.at(-1) === '') order.pop();
    const attribute = attributes({ num_heads: heads });
    return { bytes: one('MultiHeadAttention', order, { feeds, constants, attribute, rank: 3 }), feeds };
  });
});

test('Attention of ONNX: groups of heads, flat and apart, causal, masks of both types', async () => {
  await holds(30, 20, (draw) => {
    const [n, t, s, d] = [1 + draw(2), 2 + draw(4), 2 + draw(4), 1 + draw(4)];
    const kv = 1 + draw(2);
    const heads = kv * (1 + draw(2));
    const flat = draw(2) === 1;
    const dims = (count, length) => (flat ? [n, length, count * d] : [n, count, length, d]);
    const feeds = [
      ['q', real(draw, dims(heads, t)), dims(heads, t)],
      ['k', real(draw, dims(kv, s)), dims(kv, s)],
      ['v', real(draw, dims(kv, s)), dims(kv, s)],
    ];
    const order = ['q', 'k', 'v'];
    const causal = draw(2);
    if (!causal && draw(2)) {
      feeds.push(['mask', real(draw, [t, s]), [t, s]]);
      order.push('mask');
    }
    const attribute = attributes({ is_causal: causal, ...(flat ? { q_num_heads: heads, kv_num_heads: kv } : {}) });
    if (draw(3) === 0) attribute.push(float('softcap', 2));
    if (draw(3) === 0) attribute.push(float('scale', 0.7));
    return { bytes: one('Attention', order, { feeds, attribute, rank: flat ? 3 : 4, domain: '' }), feeds };
  });
});

test('RotaryEmbedding: halves and neighbours, flat and apart, a part of each head', async () => {
  await holds(30, 25, (draw) => {
    const [n, t, heads, half, longest] = [1 + draw(2), 1 + draw(5), 1 + draw(3), 4 * (1 + draw(2)), 16];
    const part = draw(3) === 0;
    const width = 2 * half + (part ? 2 * (1 + draw(3)) : 0);
    const flat = part || draw(2) === 1;
    const dims = flat ? [n, t, heads * width] : [n, heads, t, width];
    const positions = {
      data: BigInt64Array.from({ length: n * t }, () => BigInt(draw(longest))),
      dims: [n, t],
      type: 'int64',
    };
    const feeds = [
      ['x', real(draw, dims), dims],
      ['at', positions, [n, t]],
    ];
    const table = (name) => tensor(name, 'float32', [longest, half], values(draw, longest * half));
    const attribute = attributes({
      interleaved: draw(2),
      ...(part ? { num_heads: heads, rotary_embedding_dim: 2 * half } : {}),
    });
    const constants = [table('cos'), table('sin')];
    const order = ['x', 'at', 'cos', 'sin'];
    return { bytes: one('RotaryEmbedding', order, { feeds, constants, attribute, rank: dims.length }), feeds };
  });
});

test('MatMulNBits: four and eight bits, blocks, zero points, a bias', async () => {
  await holds(30, 25, (draw) => {
    const bits = draw(3) === 0 ? 8 : 4;
    const [rows, block, n] = [1 + draw(4), [16, 32, 64][draw(3)], 1 + draw(9)];
    const k = block * (1 + draw(3)) - (draw(2) ? draw(block - 1) : 0);
    const blocks = Math.ceil(k / block);
    const bytes = (count) => Uint8Array.from({ length: count }, () => draw(256));
    const constants = [
      tensor('w', 'uint8', [n, blocks, (block * bits) / 8], bytes((n * blocks * block * bits) / 8)),
      tensor('scale', 'float32', [n * blocks], values(draw, n * blocks)),
    ];
    const order = ['x', 'w', 'scale', '', '', ''];
    if (draw(2)) {
      const row = Math.ceil((blocks * bits) / 8);
      constants.push(tensor('zero', 'uint8', [n * row], bytes(n * row)));
      order[3] = 'zero';
    }
    if (draw(2)) {
      constants.push(tensor('bias', 'float32', [n], values(draw, n)));
      order[5] = 'bias';
    }
    while (order.at(-1) === '') order.pop();
    const feeds = [['x', real(draw, [rows, k]), [draw(2) ? 'N' : rows, k]]];
    const attribute = attributes({ K: k, N: n, bits, block_size: block });
    return {
      bytes: one('MatMulNBits', order, { feeds, constants, attribute, rank: 2 }),
      feeds,
      options: { tolerance: 1e-3 }, // sums of hundreds of products of two digits each
    };
  });
});

test('FusedConv, FusedGemm and FusedMatMul: activations with their parameters, sums, transposes', async () => {
  const activations = [
    ['Relu'],
    ['Sigmoid'],
    ['Tanh'],
    ['LeakyRelu', 0.2],
    ['HardSigmoid', 0.3, 0.4],
    ['Clip', -0.5, 1.5],
  ];
  await holds(20, 15, (draw) => {
    const [n, inner, outer, h, w] = [1 + draw(2), 1 + draw(4), 1 + draw(5), 3 + draw(4), 3 + draw(4)];
    const [activation, ...parameters] = activations[draw(activations.length)];
    const dims = [n, inner, h, w];
    const feeds = [['x', real(draw, dims), draw(2) ? ['N', inner, 'H', 'W'] : dims]];
    const order = ['x', 'w', 'b'];
    if (draw(2)) {
      feeds.push(['z', real(draw, [n, outer, h, w]), [feeds[0][2][0], outer, ...feeds[0][2].slice(2)]]);
      order.push('z');
    }
    const constants = [
      tensor('w', 'float32', [outer, inner, 3, 3], values(draw, outer * inner * 9)),
      tensor('b', 'float32', [outer], values(draw, outer)),
    ];
    const attribute = [...attributes({ pads: [1, 1, 1, 1], kernel_shape: [3, 3] }), string('activation', activation)];
    if (parameters.length) attribute.push({ name: 'activation_params', floats: parameters, type: 6 });
    return { bytes: one('FusedConv', order, { feeds, constants, attribute, rank: 4 }), feeds };
  });
  await holds(20, 15, (draw) => {
    const [rows, k, n] = [1 + draw(4), 1 + draw(6), 1 + draw(6)];
    const [activation, alpha, beta] = activations[draw(5)];
    const transposed = draw(2);
    const constants = [
      tensor('w', 'float32', transposed ? [n, k] : [k, n], values(draw, n * k)),
      tensor('c', 'float32', [n], values(draw, n)),
    ];
    const attribute = [...attributes({ transB: transposed }), string('activation', activation), float('alpha', 0.5)];
    if (alpha !== undefined) attribute.push(float('activation_alpha', alpha));
    if (beta !== undefined) attribute.push(float('activation_beta', beta));
    const feeds = [['x', real(draw, [rows, k]), [draw(2) ? 'N' : rows, k]]];
    return { bytes: one('FusedGemm', ['x', 'w', 'c'], { feeds, constants, attribute, rank: 2 }), feeds };
  });
  await holds(20, 18, (draw) => {
    const [batch, rows, k, n] = [1 + draw(3), 1 + draw(4), 1 + draw(6), 1 + draw(6)];
    const [transA, transB] = [draw(2), draw(2)];
    const feeds = [
      ['a', real(draw, transA ? [batch, k, rows] : [batch, rows, k])],
      ['b', real(draw, transB ? [batch, n, k] : [batch, k, n])],
    ].map(([name, feed]) => [name, feed, feed.dims]);
    const attribute = [...attributes({ transA, transB }), float('alpha', draw(2) ? 1 : 0.125)];
    return { bytes: one('FusedMatMul', ['a', 'b'], { feeds, attribute, rank: 3 }), feeds };
  });
});

test('SkipLayerNormalization, SkipSimplifiedLayerNormalization, BiasGelu, FastGelu, QuickGelu', async () => {
  const kinds = ['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization', 'BiasGelu', 'FastGelu', 'QuickGelu'];
  await holds(40, 35, (draw) => {
    const kind = kinds[draw(kinds.length)];
    const [n, t, c] = [1 + draw(2), 1 + draw(4), 2 + draw(7)];
    const declared = draw(2) ? ['N', 'T', c] : [n, t, c];
    const feeds = [['x', real(draw, [n, t, c]), declared]];
    const vector = (name) => tensor(name, 'float32', [c], values(draw, c));
    if (kind === 'QuickGelu')
      return { bytes: one(kind, ['x'], { feeds, attribute: [float('alpha', 1.702)], rank: 3 }), feeds };
    if (kind.endsWith('Gelu')) {
      const constants = kind === 'FastGelu' && draw(2) ? [] : [vector('b')];
      return { bytes: one(kind, ['x', ...constants.map(({ name }) => name)], { feeds, constants, rank: 3 }), feeds };
    }
    feeds.push(['skip', real(draw, [n, t, c]), declared]);
    const constants = [vector('gamma'), ...(kind === 'SkipLayerNormalization' ? [vector('beta')] : [])];
    if (draw(2)) constants.push(vector('bias'));
    const attribute = [float('epsilon', 1e-3)];
    const order = ['x', 'skip', ...constants.map(({ name }) => name)];
    return { bytes: one(kind, order, { feeds, constants, attribute, rank: 3 }), feeds };
  });
});
