// If, Loop and Scan that constants and extents decide become part of the graph; what is left undecided is refused, with what would
// decide it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { attributes, formatModel, tensor } from '../../lib/onnx.mjs';
import { edgy } from '../../lib/paths.mjs';
import { agrees, info, model, values } from './agrees.mjs';
import { generator } from './random_graph.mjs';

const graphAttribute = (name, g) => ({ name, g, type: 5 });
const output = (name, elemType = 1) => ({ name, type: { tensorType: { elemType } } });
const body = (node, outputs, input = [], initializer = []) => ({
  name: 'b',
  node,
  output: outputs,
  input,
  initializer,
});

/** What `edgy convert` says of a model that it refuses. */
function refusal(bytes, ...options) {
  const at = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-refused-'));
  const file = path.join(at, 'model.onnx');
  fs.writeFileSync(file, bytes);
  const made = spawnSync(edgy, ['convert', file, '-o', path.join(at, 'model.edgy'), '--precision', 'f32', ...options], {
    encoding: 'utf8',
  });
  fs.rmSync(at, { recursive: true });
  assert.equal(made.status, 1, made.stderr);
  return made.stderr;
}

/** y = 2 x at 16000, else x + 1, by an outer weight; in the branch another choice, by the extent of x, whose outputs declare no type. */
function byRate() {
  const deeper = {
    opType: 'If',
    input: ['is_long'],
    output: ['chosen'],
    attribute: [
      graphAttribute('then_branch', body([{ opType: 'Neg', input: ['twice'], output: ['c'] }], [{ name: 'c' }])),
      graphAttribute('else_branch', body([{ opType: 'Identity', input: ['twice'], output: ['c'] }], [{ name: 'c' }])),
    ],
  };
  const then = [
    { opType: 'Mul', input: ['x', 'two'], output: ['twice'] },
    { opType: 'Shape', input: ['x'], output: ['shape'] },
    { opType: 'Gather', input: ['shape', 'one'], output: ['length'] },
    { opType: 'Greater', input: ['length', 'four'], output: ['is_long'] },
    deeper,
  ];
  const node = [
    { opType: 'Equal', input: ['sr', 'rate'], output: ['is_16k'] },
    {
      opType: 'If',
      input: ['is_16k'],
      output: ['y'],
      attribute: [
        graphAttribute(
          'then_branch',
          body(then, [output('chosen')], [], [tensor('one', 'int64', [], [1]), tensor('four', 'int64', [], [4])]),
        ),
        graphAttribute('else_branch', body([{ opType: 'Add', input: ['x', 'ones'], output: ['z'] }], [output('z')])),
      ],
    },
  ];
  const constants = [
    tensor('rate', 'int64', [], [16000]),
    tensor('two', 'float32', [], [2]),
    tensor('ones', 'float32', [], [1]),
  ];
  return model(node, [info('x', ['N', 'T']), info('sr', [], 7)], [output('y')], constants, 16);
}

test('If by a constant input and by an extent', async () => {
  const bytes = byRate();
  assert.match(refusal(bytes), /--constant sr=VALUE/);
  assert.match(refusal(bytes, '--constant', 'sr=16000'), /--shape x=N,T/);
  assert.match(refusal(bytes, '--constant', 'rate=1'), /no input 'rate'; it has 'x' \[N, T\], 'sr' \[\]/);
  assert.match(refusal(bytes, '--constant', 'sr=0.5'), /0\.5\d* is none of the values of int64/);
  assert.match(refusal(bytes, '--shape', 'x=1,2,3'), /3 extents; the input is \[N, T\]/);
  const draw = generator(3);
  for (const [rate, length] of [
    [16000, 3],
    [16000, 6],
    [8000, 3],
  ]) {
    const feeds = {
      x: { data: values(draw, 2 * length), dims: [2, length] },
      sr: { data: BigInt64Array.of(BigInt(rate)), dims: [], type: 'int64' },
    };
    const options = ['--constant', `sr=${rate}`, '--shape', `x=N,${length}`];
    assert.ok(await agrees(`${rate}, ${length}`, bytes, feeds, { options }));
  }
});

const scalar = (type, value, name) => tensor(name, type, [], [value]);

test('Loop: counted, with what it stacks; until a condition that constants decide', async () => {
  const draw = generator(5);
  const step = body(
    [
      { opType: 'Mul', input: ['v', 'w'], output: ['next'] },
      { opType: 'Cast', input: ['i'], output: ['number'], attribute: attributes({ to: 1 }) },
      { opType: 'Add', input: ['next', 'number'], output: ['seen'] },
      { opType: 'Identity', input: ['go'], output: ['on'] },
    ],
    [output('on', 9), output('next'), output('seen')],
    [info('i', [], 7), info('go', [], 9), output('v')],
  );
  const counted = model(
    [{ opType: 'Loop', input: ['trips', '', 'x'], output: ['y', 'all'], attribute: [graphAttribute('body', step)] }],
    [info('x', ['N', 3])],
    [output('y'), output('all')],
    [scalar('int64', 4, 'trips'), tensor('w', 'float32', [3], [0.5, -1, 2])],
    16,
  );
  assert.ok(await agrees('counted', counted, { x: { data: values(draw, 6), dims: [2, 3] } }));

  // Doubles a number until it is above 20: five times from 1.
  const search = body(
    [
      { opType: 'Add', input: ['n', 'n'], output: ['twice'] },
      { opType: 'Less', input: ['twice', 'limit'], output: ['on'] },
      { opType: 'Add', input: ['v', 'v'], output: ['next'] },
    ],
    [output('on', 9), output('twice', 7), output('next')],
    [info('i', [], 7), info('go', [], 9), info('n', [], 7), output('v')],
  );
  const until = model(
    [
      {
        opType: 'Loop',
        input: ['', 'yes', 'start', 'x'],
        output: ['last', 'y'],
        attribute: [graphAttribute('body', search)],
      },
    ],
    [info('x', ['N', 3])],
    [output('y')],
    [scalar('bool', 1, 'yes'), scalar('int64', 1, 'start'), scalar('int64', 20, 'limit')],
    16,
  );
  assert.ok(await agrees('until', until, { x: { data: values(draw, 6), dims: [2, 3] } }));

  const open = model(
    [{ opType: 'Loop', input: ['n', '', 'x'], output: ['y', 'all'], attribute: [graphAttribute('body', step)] }],
    [info('x', ['N', 3]), info('n', [], 7)],
    [output('y'), output('all')],
    [tensor('w', 'float32', [3], [0.5, -1, 2])],
    16,
  );
  assert.match(refusal(open), /depends on what only a run knows[\s\S]*--constant n=VALUE/);
  const feeds = {
    x: { data: values(draw, 6), dims: [2, 3] },
    n: { data: BigInt64Array.of(3n), dims: [], type: 'int64' },
  };
  assert.ok(await agrees('open', open, feeds, { options: ['--constant', 'n=3'] }));
});

test('Scan: axes and directions', async () => {
  const draw = generator(6);
  const step = body(
    [
      { opType: 'Add', input: ['sum', 'part'], output: ['next'] },
      { opType: 'Mul', input: ['next', 'w'], output: ['seen'] },
    ],
    [output('next'), output('seen')],
    [output('sum'), output('part')],
  );
  for (const back of [0, 1]) {
    const given = attributes({
      num_scan_inputs: 1,
      scan_input_axes: [1],
      scan_input_directions: [back],
      scan_output_axes: [-1],
      scan_output_directions: [1 - back],
    });
    const bytes = model(
      [
        {
          opType: 'Scan',
          input: ['zero', 'x'],
          output: ['y', 'all'],
          attribute: [graphAttribute('body', step), ...given],
        },
      ],
      [info('x', [2, 5, 3])],
      [output('y'), output('all')],
      [tensor('zero', 'float32', [2, 3], values(draw, 6)), tensor('w', 'float32', [3], [0.5, -1, 2])],
      16,
    );
    assert.ok(await agrees(`direction ${back}`, bytes, { x: { data: values(draw, 30), dims: [2, 5, 3] } }));
  }
});

test('refusals of a model are said together', () => {
  const node = [
    { opType: 'MaxPool', input: ['x'], output: ['a', 'ai'], attribute: attributes({ kernel_shape: [2] }) },
    { opType: 'Identity', input: ['ai'], output: ['i'] },
    {
      opType: 'BatchNormalization',
      input: ['x', 's', 's', 's', 's'],
      output: ['y'],
      attribute: attributes({ training_mode: 1 }),
    },
  ];
  const bytes = formatModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 15 }],
    graph: {
      name: 'g',
      node: node.map((one, i) => ({ ...one, name: `n${i}` })),
      input: [info('x', [1, 2, 8])],
      output: [output('a'), output('i', 7), output('y')],
      initializer: [tensor('s', 'float32', [2], [1, 1])],
    },
  });
  const said = refusal(bytes);
  assert.match(said, /'n0'/);
  assert.match(said, /'n2'/);
});
