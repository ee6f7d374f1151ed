/** A small encoder of texts in ONNX, as exports of BERT are built: three embeddings, masked attention, a feed-forward layer. */
import { formatModel, tensor, attributes as toAttributes } from '../../../../tests/lib/onnx.mjs';

export const kWidth = 16;
export const kPositions = 40;

/** The same numbers every time. */
function numbers(count: number, size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * size;
  });
}

type Attributes = Record<string, unknown>;
const node = (opType: string, input: readonly string[], output: string, attributes: Attributes = {}) => ({
  opType,
  input,
  output: [output],
  name: output,
  attribute: toAttributes(attributes as never),
});
let seed = 0;
const weight = (name: string, dims: number[], size = 0.6) =>
  tensor(
    name,
    'float32',
    dims,
    numbers(
      dims.reduce((a, b) => a * b, 1),
      size,
      ++seed,
    ),
  );
const integers = (name: string, values: number[], dims = [values.length]) => tensor(name, 'int64', dims, values);
const constant = (name: string, value: number) => tensor(name, 'float32', [], [value]);
const info = (name: string, dims: (string | number)[], elemType: number) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: dims.map((dim) => (typeof dim === 'string' ? { dimParam: dim } : { dimValue: dim })) },
    },
  },
});

const kFloat = 1;
const kInt32 = 6;
const kInt64 = 7;

export interface EncoderOptions {
  readonly vocabulary: number;
  /** Element types of the inputs; those left out are inputs no more. */
  readonly inputs?: Partial<Record<'input_ids' | 'attention_mask' | 'token_type_ids', 'int32' | 'int64'>>;
  /** The extents of inputs: names where dynamic. */
  readonly dims?: [texts: string | number, tokens: string | number];
  /** The model gives the first token's vector as `sentence_embedding` [texts, width], and no others. */
  readonly pooled?: boolean;
}

export function encoderOnnx({ vocabulary, inputs, dims = ['N', 'T'], pooled = false }: EncoderOptions): Uint8Array {
  const given = inputs ?? { input_ids: 'int64', attention_mask: 'int64', token_type_ids: 'int64' };
  const project = (name: string, from: string) => [
    node('MatMul', [from, `${name}.w`], `${name}.product`),
    node('Add', [`${name}.product`, `${name}.b`], name),
  ];
  const layer = (name: string, width = kWidth) => [
    weight(`${name}.w`, [kWidth, width], 1),
    weight(`${name}.b`, [width]),
  ];
  const masked = given.attention_mask
    ? [
        node('Unsqueeze', ['attention_mask', 'one'], 'mask3'),
        node('Cast', ['mask3'], 'mask', { to: kFloat }),
        node('Sub', ['real one', 'mask'], 'hidden'),
        node('Mul', ['hidden', 'lowest'], 'penalty'),
        node('Add', ['scaled', 'penalty'], 'masked'),
      ]
    : [node('Identity', ['scaled'], 'masked')];
  const typed = given.token_type_ids
    ? [node('Gather', ['types', 'token_type_ids'], 'type'), node('Add', ['word', 'type'], 'typed')]
    : [node('Identity', ['word'], 'typed')];
  const nodes = [
    node('Gather', ['words', 'input_ids'], 'word'),
    ...typed,
    node('Shape', ['input_ids'], 'extents'),
    node('Gather', ['extents', 'second'], 'tokens'),
    node('Unsqueeze', ['tokens', 'zero'], 'end'),
    node('Slice', ['all positions', 'zero', 'end', 'one'], 'places'),
    node('Gather', ['positions', 'places'], 'position'),
    node('Add', ['typed', 'position'], 'sum'),
    node('LayerNormalization', ['sum', 'gamma', 'beta'], 'x', { axis: -1 }),
    ...['q', 'k', 'v'].flatMap((name) => project(name, 'x')),
    node('Transpose', ['k'], 'kt', { perm: [0, 2, 1] }),
    node('MatMul', ['q', 'kt'], 'scores'),
    node('Mul', ['scores', 'scale'], 'scaled'),
    ...masked,
    node('Softmax', ['masked'], 'shares', { axis: -1 }),
    node('MatMul', ['shares', 'v'], 'context'),
    ...project('mixed', 'context'),
    node('Add', ['mixed', 'x'], 'y'),
    ...project('wide', 'y'),
    node('Relu', ['wide'], 'active'),
    ...project('narrow', 'active'),
    node('Add', ['narrow', 'y'], pooled ? 'states' : 'last_hidden_state'),
    ...(pooled ? [node('Gather', ['states', 'first'], 'sentence_embedding', { axis: 1 })] : []),
  ];
  const [texts, tokens] = dims;
  return formatModel({
    irVersion: 8,
    producerName: 'tests',
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'encoder',
      node: nodes,
      initializer: [
        weight('words', [vocabulary, kWidth], 2),
        weight('types', [2, kWidth]),
        weight('positions', [kPositions, kWidth]),
        weight('gamma', [kWidth], 2),
        weight('beta', [kWidth]),
        integers('zero', [0]),
        integers('one', [1]),
        integers('second', [1], []),
        integers('first', [0], []),
        integers(
          'all positions',
          Array.from({ length: kPositions }, (_, i) => i),
          [1, kPositions],
        ),
        constant('scale', 1 / Math.sqrt(kWidth)),
        constant('real one', 1),
        constant('lowest', -3.4028234663852886e38),
        ...['q', 'k', 'v', 'mixed', 'wide', 'narrow'].flatMap((name) => layer(name)),
      ],
      input: Object.entries(given).map(([name, type]) => info(name, dims, type === 'int32' ? kInt32 : kInt64)),
      output: [
        pooled
          ? info('sentence_embedding', [texts, kWidth], kFloat)
          : info('last_hidden_state', [texts, tokens, kWidth], kFloat),
      ],
    },
  });
}
