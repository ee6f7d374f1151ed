// Operators that are written in arithmetic or taken apart give onnxruntime's results: circular functions and their inverses, orders, linear
// Resize of dynamic extents, parts of constants.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributes, tensor } from '../../lib/onnx.mjs';
import { agrees, info, model, product, string, values } from './agrees.mjs';
import { generator } from './random_graph.mjs';

test('Sin, Cos, Tan and the inverse functions, over their ranges and at their ends', async () => {
  const draw = generator(41);
  const spread = (/** @type {number} */ reach) =>
    Float32Array.from({ length: 400 }, () => ((draw(20001) - 10000) / 10000) * reach);
  const ranges = {
    Sin: [...spread(20), ...spread(3000), 0, Math.PI / 2, -Math.PI],
    Cos: [...spread(20), ...spread(3000), 0, Math.PI / 2, -Math.PI],
    Tan: [...spread(1.5), 0],
    Asin: [...spread(1), 1, -1, 0, 1e-4],
    Acos: [...spread(1), 1, -1, 0, 0.9999],
    Atan: [...spread(3), ...spread(1e4), 0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    Asinh: [...spread(3), ...spread(1e4), 0, 1e-4, -1e-6, 1e15, -1e30],
  };
  for (const [opType, list] of Object.entries(ranges)) {
    const data = Float32Array.from(list);
    const bytes = model([{ opType, input: ['x'], output: ['y'] }], [info('x', ['N'])], [info('y', ['N'])]);
    assert.ok(await agrees(opType, bytes, { x: { data, dims: [data.length] } }, { tolerance: 2e-6 }), opType);
  }
});

test('TopK: largest and smallest, any axis, equal values, infinities, few of many', async () => {
  let cases = 0;
  for (let seed = 1; seed <= 24; seed++) {
    const draw = generator(seed + 500);
    const many = seed % 6 === 0;
    const dims = many ? [1 + draw(2), 600 + draw(100)] : [1 + draw(3), 1 + draw(9), 1 + draw(9)];
    const axis = draw(dims.length);
    const k = 1 + draw(Math.min(dims[axis], many ? 5 : 9));
    const data = values(draw, product(dims));
    for (let i = 0; i < data.length; i += 3) data[i] = Math.round(data[i]); // some are equal
    if (draw(2)) data[draw(data.length)] = Number.NEGATIVE_INFINITY;
    if (draw(2)) data[draw(data.length)] = Number.POSITIVE_INFINITY;
    const out = dims.map((extent, i) => (i === axis ? k : extent));
    const node = [
      {
        opType: 'TopK',
        input: ['x', 'k'],
        output: ['values', 'indices'],
        attribute: attributes({ axis, largest: draw(2), sorted: 1 }),
      },
    ];
    const declared = dims.map((extent, i) => (i === axis || i > 0 ? extent : 'N'));
    const bytes = model(
      node,
      [info('x', axis === 0 ? dims : declared)],
      [info('values', out), info('indices', out, 7)].map((one) =>
        axis === 0 ? one : { ...one, type: { tensorType: { elemType: one.type.tensorType.elemType } } },
      ),
      [tensor('k', 'int64', [1], [k])],
    );
    if (await agrees(`seed ${seed}`, bytes, { x: { data, dims } })) cases++;
  }
  assert.ok(cases > 20, `${cases} cases`);
});

test('Resize, linear: whole factors of dynamic extents', async () => {
  const draw = generator(43);
  let cases = 0;
  for (const transformation of ['half_pixel', 'pytorch_half_pixel', 'asymmetric']) {
    for (const scales of [
      [1, 1, 2, 2],
      [1, 1, 4, 3],
      [1, 1, 1, 2],
      [1, 1, 2],
    ]) {
      const attribute = [string('mode', 'linear'), string('coordinate_transformation_mode', transformation)];
      const node = [{ opType: 'Resize', input: ['x', '', 's'], output: ['y'], attribute }];
      const names = ['N', 3, 'H', 'W'].slice(0, scales.length);
      const bytes = model(
        node,
        [info('x', names)],
        [info('y', ['N', 3, undefined, undefined].slice(0, scales.length))],
        [tensor('s', 'float32', [scales.length], scales)],
      );
      const dims = [1 + draw(2), 3, 2 + draw(6), 2 + draw(6)].slice(0, scales.length);
      const feeds = { x: { data: values(draw, product(dims)), dims } };
      if (await agrees(`${transformation} ${scales} of ${dims}`, bytes, feeds)) cases++;
    }
  }
  assert.ok(cases >= 9, `${cases} cases`);
});

test('parts of constants and of extents: pads that exporters put together', async () => {
  const draw = generator(45);
  const node = [
    { opType: 'Split', input: ['all'], output: ['front', 'back'], attribute: attributes({ axis: 0 }) },
    { opType: 'Concat', input: ['front', 'back'], output: ['pads'], attribute: attributes({ axis: 0 }) },
    { opType: 'Pad', input: ['x', 'pads'], output: ['padded'] },
    { opType: 'Shape', input: ['padded'], output: ['extents'] },
    { opType: 'Split', input: ['extents', 'two'], output: ['n', 'rest'], attribute: attributes({ axis: 0 }) },
    { opType: 'Concat', input: ['rest', 'n'], output: ['turned'], attribute: attributes({ axis: 0 }) },
    { opType: 'Reshape', input: ['padded', 'turned'], output: ['y'] },
  ];
  const bytes = model(
    node,
    [info('x', ['N', 3])],
    [info('y', [undefined, undefined])],
    [tensor('all', 'int64', [4], [0, 1, 0, 2]), tensor('two', 'int64', [2], [1, 1])],
    13,
  );
  assert.ok(await agrees('parts', bytes, { x: { data: values(draw, 12), dims: [4, 3] } }));
});

test('casts of what is known late: a mask behind pads that are put together', async () => {
  const draw = generator(46);
  const node = [
    { opType: 'Split', input: ['all'], output: ['front', 'back'], attribute: attributes({ axis: 0 }) },
    { opType: 'Concat', input: ['front', 'back'], output: ['pads'], attribute: attributes({ axis: 0 }) },
    { opType: 'Pad', input: ['x', 'pads'], output: ['padded'] },
    { opType: 'Relu', input: ['padded'], output: ['positive'] },
    { opType: 'Equal', input: ['padded', 'positive'], output: ['same'] },
    { opType: 'Cast', input: ['same'], output: ['mask'], attribute: attributes({ to: 1 }) },
    { opType: 'Mul', input: ['padded', 'mask'], output: ['y'] },
  ];
  const bytes = model(node, [info('x', [4, 3])], [info('y', [4, 6])], [tensor('all', 'int64', [4], [0, 1, 0, 2])], 11);
  assert.ok(await agrees('mask', bytes, { x: { data: values(draw, 12), dims: [4, 3] } }));
});
