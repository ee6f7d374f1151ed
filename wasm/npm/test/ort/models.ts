/** Small models for the apps: ONNX for onnxruntime-web, and what `edgy convert` makes of it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatModel, node, tensor, valueInfo, weight } from '../../../../tests/lib/onnx.mjs';

const root = path.resolve(__dirname, '../../../..');
const command = path.join(root, 'build/native/bin/edgy');

export interface Models {
  readonly onnx: Uint8Array;
  readonly edgy: Uint8Array;
}

const graphs: Record<'vad' | 'classifier' | 'embedding', Record<string, unknown>> = {
  vad: {
    node: [
      node('MatMul', ['input', 'w'], 'a'),
      node('Squeeze', ['state', 'first'], 's'),
      node('MatMul', ['s', 'u'], 'b'),
      node('Add', ['a', 'b'], 'c'),
      node('Tanh', ['c'], 'h'),
      node('MatMul', ['h', 'v'], 'o'),
      node('Sigmoid', ['o'], 'output'),
      node('Unsqueeze', ['h', 'first'], 'stateN'),
    ],
    initializer: [
      weight('w', [64, 32], 0.5),
      weight('u', [32, 32], 0.4),
      weight('v', [32, 1]),
      tensor('first', 'int64', [1], [0n] as never),
    ],
    input: [valueInfo('input', [1, 64]), valueInfo('state', [1, 1, 32]), valueInfo('sr', [], 7)],
    output: [valueInfo('output', [1, 1]), valueInfo('stateN', [1, 1, 32])],
  },
  classifier: {
    node: [
      node('Conv', ['image', 'k', 'kb'], 'a', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
      node('Relu', ['a'], 'r'),
      node('GlobalAveragePool', ['r'], 'g'),
      node('Flatten', ['g'], 'f', { axis: 1 }),
      node('Gemm', ['f', 'fc', 'fb'], 'logits'),
    ],
    initializer: [weight('k', [8, 3, 3, 3]), weight('kb', [8]), weight('fc', [8, 10], 4), weight('fb', [10])],
    input: [valueInfo('image', [1, 3, 16, 16])],
    output: [valueInfo('logits', [1, 10])],
  },
  embedding: {
    node: [
      node('Gather', ['table', 'input_ids'], 'e', { axis: 0 }),
      node('MatMul', ['e', 'w'], 'h'),
      node('Add', ['h', 'b'], 'hb'),
      node('Relu', ['hb'], 'r'),
      node('MatMul', ['r', 'v'], 'last_hidden_state'),
    ],
    initializer: [weight('table', [50, 16]), weight('w', [16, 16]), weight('b', [16]), weight('v', [16, 16])],
    input: [valueInfo('input_ids', [1, -1], 7)],
    output: [valueInfo('last_hidden_state', [1, -1, 16])],
  },
};

/** Writes and converts the model of an app in `folder`. */
export function makeModels(app: string, folder: string): Models {
  if (app === 'codes') {
    return {
      onnx: readFileSync(path.join(root, 'tests/data/models/edgy-256.onnx')),
      edgy: readFileSync(path.join(root, 'build/models/edgy-256-f32.edgy')),
    };
  }
  if (!existsSync(command)) throw new Error(`${command} is missing: make converter`);
  const onnx = formatModel({
    irVersion: 8,
    producerName: 'tests',
    opsetImport: [{ domain: '', version: 17 }],
    graph: { name: app, ...graphs[app as keyof typeof graphs] },
  });
  const [from, to] = ['onnx', 'edgy'].map((kind) => path.join(folder, `${app}.${kind}`)) as [string, string];
  writeFileSync(from, onnx);
  execFileSync(command, ['convert', from, '-o', to, '--precision', 'f32'], { stdio: 'pipe' });
  return { onnx: new Uint8Array(onnx), edgy: new Uint8Array(readFileSync(to)) };
}
