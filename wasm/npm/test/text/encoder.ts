/** A small encoder of texts in ONNX, as exports of BERT are built: three embeddings, masked attention, a feed-forward layer. */
import { formatModel, node, tensor, valueInfo, weight } from '../../../../tests/lib/onnx.mjs';

export const kWidth = 16;
export const kPositions = 40;

let seed = 0;
const next = (name: string, dims: number[], size = 0.6) => weight(name, dims, size, ++seed);
const integers = (name: string, values: number[], dims = [values.length]) => tensor(name, 'int64', dims, values);
const constant = (name: string, value: number) => tensor(name, 'float32', [], [value]);
const kFloat = 1;
const kInt32 = 6;
const kInt64 = 7;
const kBool = 9;
const kHeads = 4;

export interface EncoderOptions {
  readonly vocabulary: number;
  /** Element types of the inputs; those left out are inputs no more. */
  readonly inputs?: Partial<Record<'input_ids' | 'attention_mask' | 'token_type_ids', 'int32' | 'int64'>>;
  /** The extents of inputs: names where dynamic. */
  readonly dims?: [texts: string | number, tokens: string | number];
  /**
   * How attention is written: `eager` scales the scores of one head and adds a penalty; `sdpa`, as newer exports do, has several heads,
   * scales queries and keys by the root each, and expands the mask to all scores by shapes that are computed.
   */
  readonly attention?: 'eager' | 'sdpa';
  /** The model gives the first token's vector as `sentence_embedding` [texts, width], and no others. */
  readonly pooled?: boolean;
}

export function encoderOnnx(options: EncoderOptions): Uint8Array {
  const { vocabulary, inputs, dims = ['N', 'T'], pooled = false, attention = 'eager' } = options;
  seed = 0; // the same weights in each model
  const given = inputs ?? { input_ids: 'int64', attention_mask: 'int64', token_type_ids: 'int64' };
  const project = (name: string, from: string) => [
    node('MatMul', [from, `${name}.w`], `${name}.product`),
    node('Add', [`${name}.product`, `${name}.b`], name),
  ];
  const layer = (name: string, width = kWidth) => [next(`${name}.w`, [kWidth, width], 1), next(`${name}.b`, [width])];
  const masked = given.attention_mask
    ? [
        node('Unsqueeze', ['attention_mask', 'one'], 'mask3'),
        node('Cast', ['mask3'], 'mask', { to: kFloat }),
        node('Sub', ['real one', 'mask'], 'hidden'),
        node('Mul', ['hidden', 'lowest'], 'penalty'),
        node('Add', ['scaled', 'penalty'], 'masked'),
      ]
    : [node('Identity', ['scaled'], 'masked')];
  const eager = [
    node('Transpose', ['k'], 'kt', { perm: [0, 2, 1] }),
    node('MatMul', ['q', 'kt'], 'scores'),
    node('Mul', ['scores', 'scale'], 'scaled'),
    ...masked,
    node('Softmax', ['masked'], 'shares', { axis: -1 }),
    node('MatMul', ['shares', 'v'], 'context'),
  ];
  const heads = (name: string, perm: number[]) => [
    node('Reshape', [name, 'heads'], `${name} in heads`),
    node('Transpose', [`${name} in heads`], `${name}h`, { perm }),
  ];
  const sdpa = [
    node('Gather', ['extents', 'first'], 'texts'),
    node('Unsqueeze', ['texts', 'zero'], 'texts1'),
    node('Concat', ['texts1', 'one', 'end', 'end'], 'extents of scores', { axis: 0 }),
    node('Unsqueeze', ['attention_mask', 'one and two'], 'mask4'),
    node('Expand', ['mask4', 'extents of scores'], 'mask of scores'),
    node('Cast', ['mask of scores'], 'mask', { to: kFloat }),
    node('Sub', ['real one', 'mask'], 'hidden'),
    node('Cast', ['hidden'], 'is hidden', { to: kBool }),
    node('Where', ['is hidden', 'lowest', 'hidden'], 'penalty'),
    ...heads('q', [0, 2, 1, 3]),
    ...heads('k', [0, 2, 3, 1]),
    ...heads('v', [0, 2, 1, 3]),
    node('Mul', ['qh', 'root'], 'q scaled'),
    node('Mul', ['kh', 'root'], 'k scaled'),
    node('MatMul', ['q scaled', 'k scaled'], 'scaled'),
    node('Add', ['scaled', 'penalty'], 'masked'),
    node('Softmax', ['masked'], 'shares', { axis: -1 }),
    node('MatMul', ['shares', 'vh'], 'of heads'),
    node('Transpose', ['of heads'], 'side by side', { perm: [0, 2, 1, 3] }),
    node('Reshape', ['side by side', 'one head'], 'context'),
  ];
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
    ...(attention === 'sdpa' ? sdpa : eager),
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
        next('words', [vocabulary, kWidth], 2),
        next('types', [2, kWidth]),
        next('positions', [kPositions, kWidth]),
        next('gamma', [kWidth], 2),
        next('beta', [kWidth]),
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
        constant('root', Math.sqrt(Math.sqrt(kHeads / kWidth))),
        integers('one and two', [1, 2]),
        integers('heads', [0, 0, kHeads, kWidth / kHeads]),
        integers('one head', [0, 0, kWidth]),
        constant('real one', 1),
        constant('lowest', -3.4028234663852886e38),
        ...['q', 'k', 'v', 'mixed', 'wide', 'narrow'].flatMap((name) => layer(name)),
      ],
      input: Object.entries(given).map(([name, type]) => valueInfo(name, dims, type === 'int32' ? kInt32 : kInt64)),
      output: [
        pooled
          ? valueInfo('sentence_embedding', [texts, kWidth], kFloat)
          : valueInfo('last_hidden_state', [texts, tokens, kWidth], kFloat),
      ],
    },
  });
}

/**
 * No encoder: its output [texts, tokens, 3 * most] has, of a token at the place t, its id at t, its mask at most + t and its type at
 * 2 * most + t, and zeros elsewhere, so that pooling by the maximum gives what a model is fed for a text, token by token.
 */
export function echoOnnx(most: number): Uint8Array {
  const names = ['input_ids', 'attention_mask', 'token_type_ids'];
  const eye = Float32Array.from({ length: most * most }, (_, i) => (i % (most + 1) === 0 ? 1 : 0));
  return formatModel({
    irVersion: 8,
    producerName: 'tests',
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'echo',
      node: [
        node('Shape', ['input_ids'], 'extents'),
        node('Gather', ['extents', 'second'], 'tokens'),
        node('Unsqueeze', ['tokens', 'zero'], 'end'),
        node('Slice', ['eye', 'zero', 'end', 'one'], 'places'),
        ...names.flatMap((name) => [
          node('Cast', [name], `${name} real`, { to: kFloat }),
          node('Unsqueeze', [`${name} real`, 'two'], `${name} column`),
          node('Mul', [`${name} column`, 'places'], `${name} placed`),
        ]),
        node(
          'Concat',
          names.map((name) => `${name} placed`),
          'last_hidden_state',
          { axis: 2 },
        ),
      ],
      initializer: [
        integers('zero', [0]),
        integers('one', [1]),
        integers('two', [2]),
        integers('second', [1], []),
        tensor('eye', 'float32', [1, most, most], eye),
      ],
      input: names.map((name) => valueInfo(name, ['N', 'T'], kInt64)),
      output: [valueInfo('last_hidden_state', ['N', 'T', 3 * most], kFloat)],
    },
  });
}
