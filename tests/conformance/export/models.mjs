// A model with every operator that the format has.
import { attributes, tensor, valueInfo } from '../../lib/onnx.mjs';
import { random } from '../quantized/models.mjs';

/** Float32, several outputs: each family has one of its own. */
export function everyOperator() {
  const next = random(5);
  const node = [];
  const initializer = [];
  const outputs = [];
  const weights = (name, dims, factor = 0.5) => {
    const count = dims.reduce((a, b) => a * b, 1);
    initializer.push(
      tensor(
        name,
        'float32',
        dims,
        Array.from({ length: count }, () => next() * factor),
      ),
    );
    return name;
  };
  const ints = (name, values, dims = [values.length]) => {
    initializer.push(tensor(name, 'int64', dims, values.map(BigInt)));
    return name;
  };
  const add = (opType, input, output, values = {}) => {
    const names = Array.isArray(output) ? output : [output];
    node.push({ opType, name: names[0], input, output: names, attribute: attributes(values) });
    return names[0];
  };
  const result = (name, dims, type = 1) => outputs.push({ name, dims, type });

  // x [1, 8, T]
  add('Conv', ['x', weights('c.w', [12, 4, 3]), weights('c.b', [12])], 'conv', {
    group: 2,
    pads: [1, 1],
    dilations: [1],
    strides: [1],
  });
  add('LeakyRelu', ['conv'], 'leaky', { alpha: { float: 0.2 } });
  add('MaxPool', ['leaky'], 'pooled', { kernel_shape: [2], strides: [2] });
  add('AveragePool', ['leaky'], 'averaged', { kernel_shape: [3], strides: [2], pads: [1, 1], count_include_pad: 1 });
  add('Pad', ['pooled', ints('pads', [0, 0, 1, 0, 0, 1])], 'pad', {});
  result('pad', [1, 12, -1]);
  result('averaged', [1, 12, -1]);
  let x = 'leaky';
  for (const [op, values] of [
    ['HardSigmoid', { alpha: { float: 0.3 }, beta: { float: 0.4 } }],
    ['Tanh', {}],
    ['Erf', {}],
    ['Elu', { alpha: { float: 0.7 } }],
    ['Exp', {}],
    ['Sigmoid', {}],
    ['Neg', {}],
    ['Abs', {}],
    ['HardSwish', {}],
    ['Gelu', {}],
    ['Sqrt', {}],
    ['Floor', {}],
  ])
    x = add(op, [x], `unary.${op}`, values);
  add('Add', ['unary.Sqrt', weights('offset', [12, 1])], 'summed');
  add('Clip', ['summed', weights('low', [], 0), weights('high', [], 3)], 'clipped');
  add('Div', ['unary.HardSigmoid', add('Add', ['unary.Abs', weights('one', [1])], 'positive')], 'quotient');
  add('Max', ['quotient', 'unary.Tanh'], 'greatest');
  add('Pow', ['unary.Abs', weights('exponent', [1], 1)], 'power');
  result('greatest', [1, 12, -1]);
  result('power', [1, 12, -1]);
  result('clipped', [1, 12, -1]);
  // [1, T, 12]
  add('Transpose', ['leaky'], 'rows', { perm: [0, 2, 1] });
  add('LayerNormalization', ['rows', weights('gamma', [12]), weights('beta', [12])], 'normal', {
    axis: -1,
    epsilon: { float: 1e-5 },
  });
  add('MatMul', ['normal', weights('q', [12, 12])], 'queries');
  add('MatMul', ['normal', weights('k', [12, 12])], 'keys');
  add('Transpose', ['keys'], 'turned', { perm: [0, 2, 1] });
  add('MatMul', ['queries', 'turned'], 'scores');
  add('Softmax', ['scores'], 'shares', { axis: -1 });
  add('MatMul', ['shares', 'normal'], 'mixed');
  result('mixed', [1, -1, 12]);
  add('ReduceMean', ['mixed', ints('middle', [1])], 'mean', { keepdims: 0 });
  add('ReduceSum', ['mixed', ints('axis', [2])], 'sum', { keepdims: 1 });
  add('ReduceMax', ['mixed', 'middle'], 'most', { keepdims: 0 });
  add('Gemm', ['mean', weights('g.w', [7, 12]), weights('g.b', [7])], 'classes', { transB: 1 });
  add('ArgMax', ['mixed'], 'which', { axis: -1, keepdims: 0 });
  result('classes', [1, 7]);
  result('sum', [1, -1, 1]);
  result('most', [1, 12]);
  result('which', [1, -1], 7);
  add('Slice', ['mixed', ints('start', [2]), ints('end', [9]), ints('along', [2]), ints('stride', [3])], 'part');
  add('Concat', ['part', 'mixed'], 'joined', { axis: 2 });
  result('joined', [1, -1, 15]);
  add('Gather', ['mixed', ints('picked', [3, 0, 3])], 'gathered', { axis: 2 });
  result('gathered', [1, -1, 3]);
  // Masks: 1 where one is less than the other, and what of the first stays there.
  add('Less', ['mixed', weights('bound', [12])], 'less');
  add('Where', ['less', 'mixed', weights('other', [1])], 'masked');
  add('Cast', ['less'], 'flags', { to: 1 });
  result('masked', [1, -1, 12]);
  result('flags', [1, -1, 12]);
  // Nearest of 5 codes.
  const codes = weights('codes', [5, 12]);
  const values = new Float32Array(Uint8Array.from(initializer.at(-1).rawData).buffer);
  const norms = Array.from({ length: 5 }, (_, k) => values.slice(12 * k, 12 * k + 12).reduce((a, v) => a + v * v, 0));
  initializer.push(tensor('norms', 'float32', [5], norms), tensor('two', 'float32', [], [2]));
  add('Transpose', [codes], 'columns', { perm: [1, 0] });
  add('MatMul', ['mixed', 'columns'], 'products');
  add('Mul', ['products', 'two'], 'doubled');
  add('Sub', ['norms', 'doubled'], 'distances');
  add('ArgMin', ['distances'], 'code', { axis: -1, keepdims: 0 });
  result('code', [1, -1], 7);
  // Recurrent layers want time first.
  add('Transpose', ['rows'], 'steps', { perm: [1, 0, 2] });
  add(
    'LSTM',
    ['steps', weights('l.w', [1, 24, 12]), weights('l.r', [1, 24, 6]), weights('l.b', [1, 48])],
    ['l.y', 'l.h', 'l.c'],
    { hidden_size: 6 },
  );
  add(
    'GRU',
    [
      'steps',
      weights('r.w', [1, 15, 12]),
      weights('r.r', [1, 15, 5]),
      weights('r.b', [1, 30]),
      '',
      weights('r.h', [1, 1, 5]),
    ],
    ['', 'r.h_last'],
    { hidden_size: 5, linear_before_reset: 1 },
  );
  result('l.y', [-1, 1, 1, 6]);
  result('l.h', [1, 1, 6]);
  result('l.c', [1, 1, 6]);
  result('r.h_last', [1, 1, 5]);

  const model = {
    irVersion: 10,
    producerName: 'edgy tests',
    opsetImport: [{ domain: '', version: 20 }],
    graph: {
      name: 'graph',
      node,
      initializer,
      input: [valueInfo('x', [1, 8, -1])],
      output: outputs.map(({ name, dims, type }) => valueInfo(name, dims, type)),
    },
  };
  return { model, input: 'x', dims: [1, 8, 21], outputs: outputs.map(({ name }) => name) };
}
