// Operators that the converter writes in others give onnxruntime's results, at fixed extents and at extents that only a run knows.
// Cases are drawn from a seed that failures print.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributes, tensor } from '../../lib/onnx.mjs';
import { agrees, float, info, model, product, string, values } from './agrees.mjs';
import { generator } from './random_graph.mjs';

test('ConvTranspose: groups, dilations, paddings, automatic ones, dynamic extents', async () => {
  let cases = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const draw = generator(seed);
    const axes = 1 + draw(2);
    const each = (f) => Array.from({ length: axes }, f);
    const group = [1, 1, 2, 3][draw(4)];
    const [perIn, perOut] = [1 + draw(3), 1 + draw(3)];
    const [kernel, strides, dilations] = [each(() => 1 + draw(5)), each(() => 1 + draw(3)), each(() => 1 + draw(2))];
    const automatic = draw(5);
    const extents = each(() => 3 + draw(5));
    const padding = each((_, i) => draw(Math.max(strides[i], dilations[i])));
    const given = attributes({ group, strides, dilations, output_padding: padding });
    if (automatic === 1) given.push(string('auto_pad', 'SAME_UPPER'));
    else if (automatic === 2) given.push(string('auto_pad', 'SAME_LOWER'));
    else given.push(...attributes({ pads: [...each((_, i) => draw(kernel[i])), ...each((_, i) => draw(kernel[i]))] }));
    const dynamic = automatic !== 3 && draw(2) === 1;
    if (automatic === 3) given.push(...attributes({ output_shape: extents.map((e, i) => e * strides[i] + draw(2)) }));
    const w = tensor(
      'w',
      'float32',
      [group * perIn, perOut, ...kernel],
      values(draw, group * perIn * perOut * product(kernel)),
    );
    const bias = tensor('b', 'float32', [group * perOut], values(draw, group * perOut));
    const dims = [1 + draw(2), group * perIn, ...extents];
    const declared = dynamic ? ['N', group * perIn, ...['H', 'W'].slice(0, axes)] : dims;
    const node = [{ opType: 'ConvTranspose', input: ['x', 'w', 'b'], output: ['y'], attribute: given }];
    const bytes = model(
      node,
      [info('x', declared)],
      [
        info(
          'y',
          declared.map(() => undefined),
        ),
      ],
      [w, bias],
    );
    if (await agrees(`seed ${seed}`, bytes, { x: { data: values(draw, product(dims)), dims } })) cases++;
  }
  assert.ok(cases > 40, `${cases} cases`);
});

test('Resize: modes, coordinates, sizes; whole factors of dynamic extents', async () => {
  let cases = 0;
  const coordinates = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
  const rounding = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];
  for (let seed = 1; seed <= 40; seed++) {
    const draw = generator(seed + 1000);
    const mode = ['nearest', 'linear', 'cubic'][draw(3)];
    const dims = [1, 2, 3 + draw(4), 3 + draw(4)];
    const sizes = [1, 2, 2 + draw(9), 2 + draw(9)];
    const attribute = [string('mode', mode), string('coordinate_transformation_mode', coordinates[draw(4)])];
    if (mode === 'nearest') attribute.push(string('nearest_mode', rounding[draw(4)]));
    if (mode === 'cubic') attribute.push(float('cubic_coeff_a', -0.5), ...attributes({ exclude_outside: draw(2) }));
    const node = [{ opType: 'Resize', input: ['x', '', '', 's'], output: ['y'], attribute }];
    const bytes = model(node, [info('x', dims)], [info('y', sizes)], [tensor('s', 'int64', [4], sizes)]);
    if (await agrees(`seed ${seed}`, bytes, { x: { data: values(draw, product(dims)), dims } })) cases++;
  }
  assert.ok(cases > 30, `${cases} cases`);
  const draw = generator(7);
  for (const scales of [
    [1, 1, 2, 2],
    [1, 1, 3, 1],
  ]) {
    const attribute = [
      string('mode', 'nearest'),
      string('coordinate_transformation_mode', 'asymmetric'),
      string('nearest_mode', 'floor'),
    ];
    const node = [{ opType: 'Resize', input: ['x', '', 's'], output: ['y'], attribute }];
    const bytes = model(
      node,
      [info('x', ['N', 3, 'H', 'W'])],
      [info('y', ['N', 3, undefined, undefined])],
      [tensor('s', 'float32', [4], scales)],
    );
    for (const dims of [
      [1, 3, 4, 5],
      [2, 3, 7, 2],
    ])
      assert.ok(await agrees(`${scales} of ${dims}`, bytes, { x: { data: values(draw, product(dims)), dims } }));
  }
});

test('masks: comparisons, logic, Where, Cast, Expand and parts up to an extent of an input', async () => {
  const draw = generator(11);
  const node = [
    { opType: 'Shape', input: ['ids'], output: ['shape'] },
    { opType: 'Gather', input: ['shape', 'one'], output: ['length'] },
    { opType: 'Unsqueeze', input: ['length', 'zeros'], output: ['end'] },
    { opType: 'Slice', input: ['positions', 'zeros', 'end', 'ones'], output: ['places'] },
    { opType: 'Gather', input: ['table', 'places'], output: ['embedded'] },
    { opType: 'Gather', input: ['words', 'ids'], output: ['word'] },
    { opType: 'Add', input: ['word', 'embedded'], output: ['x'] },
    { opType: 'Cast', input: ['mask'], output: ['bool'], attribute: attributes({ to: 9 }) },
    { opType: 'Unsqueeze', input: ['bool', 'ones'], output: ['row'] },
    { opType: 'Gather', input: ['shape', 'zero'], output: ['batch'] },
    { opType: 'Unsqueeze', input: ['batch', 'zeros'], output: ['batches'] },
    { opType: 'Concat', input: ['batches', 'end', 'end'], output: ['square'], attribute: attributes({ axis: 0 }) },
    { opType: 'Expand', input: ['row', 'square'], output: ['wide'] },
    { opType: 'Not', input: ['wide'], output: ['hidden'] },
    { opType: 'Transpose', input: ['x'], output: ['xt'], attribute: attributes({ perm: [0, 2, 1] }) },
    { opType: 'MatMul', input: ['x', 'xt'], output: ['scores'] },
    { opType: 'Where', input: ['hidden', 'least', 'scores'], output: ['masked'] },
    { opType: 'Softmax', input: ['masked'], output: ['y'], attribute: attributes({ axis: -1 }) },
    { opType: 'Equal', input: ['ids', 'token'], output: ['is_token'] },
    { opType: 'And', input: ['is_token', 'bool'], output: ['seen'] },
    { opType: 'Cast', input: ['seen'], output: ['z'], attribute: attributes({ to: 7 }) },
  ];
  const constants = [
    tensor('zero', 'int64', [], [0]),
    tensor('one', 'int64', [], [1]),
    tensor('zeros', 'int64', [1], [0]),
    tensor('ones', 'int64', [1], [1]),
    tensor(
      'positions',
      'int64',
      [1, 16],
      Array.from({ length: 16 }, (_, i) => i),
    ),
    tensor('table', 'float32', [16, 4], values(draw, 64)),
    tensor('words', 'float32', [9, 4], values(draw, 36)),
    tensor('least', 'float32', [], [Number.NEGATIVE_INFINITY]),
    tensor('token', 'int64', [], [3]),
  ];
  const bytes = model(
    node,
    [info('ids', ['B', 'T'], 7), info('mask', ['B', 'T'], 7)],
    [info('y', ['B', 'T', 'T']), info('z', ['B', 'T'], 7)],
    constants,
    14,
  );
  for (const [batch, length] of [
    [1, 1],
    [1, 16],
    [2, 5],
    [3, 8],
  ]) {
    const dims = [batch, length];
    const ids = BigInt64Array.from({ length: batch * length }, () => BigInt(draw(9)));
    const mask = BigInt64Array.from({ length: batch * length }, (_, i) => BigInt(i % length === 0 || draw(3) ? 1 : 0));
    const feeds = { ids: { data: ids, dims, type: 'int64' }, mask: { data: mask, dims, type: 'int64' } };
    assert.ok(await agrees(`[${dims}]`, bytes, feeds));
  }
});
