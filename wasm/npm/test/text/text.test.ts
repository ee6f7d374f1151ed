/**
 * TextEmbedder beside onnxruntime-web: texts alone and without padding there, in batches here. Needs dist/ and the converter; the public
 * MiniLM pattern as well where the folder ZOO has it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Edgy from '../../src/index.js';
import type * as Text from '../../src/text/index.js';
import { convert } from './convert.js';
import { type EncoderOptions, encoderOnnx, kPositions, kWidth } from './encoder.js';
import { idsOf, type Kind, kinds, texts, tokenizers } from './tokenizers.js';

const root = path.resolve(__dirname, '../../../..');
const zoo = path.join(process.env.ZOO ?? path.join(root, 'build/zoo'), 'minilm_eager/minilm_eager.onnx');

let edgy: typeof Edgy;
let text: typeof Text;
beforeAll(async () => {
  const entry = (name: string) => import(/* @vite-ignore */ pathToFileURL(path.join(root, 'wasm/npm/dist', name)).href);
  [edgy, text] = await Promise.all([entry('index.js'), entry('text.js')]);
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
});

const vocabulary = 500;

/** What onnxruntime-web gives for one text, pooled by the definition. */
async function reference(
  session: ort.InferenceSession,
  ids: readonly number[],
  pooling: 'mean' | 'cls' | 'max' | 'none',
  normalize: boolean,
): Promise<number[]> {
  const tensor = (value: (i: number) => number) =>
    new ort.Tensor(
      'int64',
      BigInt64Array.from(ids, (_, i) => BigInt(value(i))),
      [1, ids.length],
    );
  const feeds = {
    input_ids: tensor((i) => ids[i] as number),
    attention_mask: tensor(() => 1),
    token_type_ids: tensor(() => 0),
  };
  const named = session.inputNames.map((name) => [name, feeds[name as keyof typeof feeds]]);
  const [output] = Object.values(await session.run(Object.fromEntries(named)));
  const { data, dims } = output as ort.TypedTensor<'float32'>;
  const width = dims.at(-1) as number;
  const column = (i: number) =>
    Array.from({ length: data.length / width }, (_, row) => data[row * width + i] as number);
  const vector = Array.from({ length: width }, (_, i) => {
    const values = column(i);
    if (pooling === 'max') return Math.max(...values);
    return pooling === 'mean' ? values.reduce((a, b) => a + b, 0) / values.length : (values[0] as number);
  });
  return normalize ? vector.map((value) => value / Math.hypot(...vector)) : vector;
}

function expectClose(ours: Float32Array | undefined, theirs: readonly number[], what: string): void {
  expect(ours?.length, what).toBe(theirs.length);
  const worst = Math.max(...theirs.map((value, i) => Math.abs(value - (ours?.[i] ?? Number.NaN))));
  expect(worst, what).toBeLessThan(1e-4);
}

/** All texts, through the embedder in batches of several sizes and one by one, beside onnxruntime-web. */
async function compare(
  onnx: Uint8Array,
  kind: Kind,
  most: number,
  pooling: 'mean' | 'cls' | 'max' | 'none',
  normalize: boolean,
) {
  const words = ['--pooling', pooling, ...(normalize ? ['--normalize'] : [])];
  const embedder = await text.TextEmbedder.create(convert(onnx, kind, ...words));
  expect(embedder).toMatchObject({ pooling, normalized: normalize, maxTokens: most });
  const session = await ort.InferenceSession.create(onnx);
  const theirs: number[][] = [];
  for (const given of texts) theirs.push(await reference(session, idsOf(kind, given, most), pooling, normalize));
  // The model tells texts apart, so that a mix-up could not pass.
  expect(Math.max(...(theirs[0] ?? []).map((value, i) => Math.abs(value - (theirs[1]?.[i] ?? 0))))).toBeGreaterThan(
    1e-3,
  );
  for (const batchSize of [32, 3]) {
    const ours = await embedder.encode(texts, { batchSize });
    for (const [at, vector] of theirs.entries()) expectClose(ours[at], vector, `${batchSize}: ${texts[at]}`);
  }
  expectClose(await embedder.encode(texts[4] as string), theirs[4] as number[], 'alone');
  await embedder.release();
  await session.release();
}

describe('an encoder of texts', () => {
  // WordPiece's own file says 24; positions end at 40.
  const most = { WordPiece: 24, BPE: kPositions, Unigram: kPositions };

  it.each(kinds)('%s: embeddings are those of onnxruntime-web', (kind) =>
    compare(encoderOnnx({ vocabulary }), kind, most[kind], 'mean', true),
  );

  it.each(kinds)('%s: nor does it matter how an export writes attention', (kind) =>
    compare(encoderOnnx({ vocabulary, attention: 'sdpa' }), kind, most[kind], 'mean', true),
  );

  it.each(['mean', 'cls', 'max'] as const)('pools by %s over what is no padding', (pooling) =>
    compare(encoderOnnx({ vocabulary }), 'WordPiece', 24, pooling, false),
  );

  it('takes the vector that a model makes itself', () =>
    compare(encoderOnnx({ vocabulary, pooled: true }), 'Unigram', kPositions, 'none', true));

  it('needs no mask and no types, where a model has none', () =>
    compare(encoderOnnx({ vocabulary, inputs: { input_ids: 'int64' } }), 'BPE', kPositions, 'mean', false));

  if (!existsSync(zoo))
    console.log(`The public MiniLM pattern is left out: ${zoo} is not there; name its folder in ZOO.`);
  it.skipIf(!existsSync(zoo))('the MiniLM pattern as it is exported', async () => {
    for (const kind of kinds) await compare(readFileSync(zoo), kind, kind === 'WordPiece' ? 24 : 64, 'mean', true);
  });

  it.each(kinds)('%s: ids are those of the library', async (kind) => {
    const embedder = await text.TextEmbedder.create(convert(encoderOnnx({ vocabulary }), kind));
    for (const given of texts) expect(embedder.tokenize(given), given).toEqual(idsOf(kind, given, most[kind]));
    await embedder.release();
  });

  it('feeds int32 where that is what a model takes, and as many texts and tokens as it fixes', async () => {
    const inputs = { input_ids: 'int32', attention_mask: 'int32' } as const;
    const all: Float32Array[][] = [];
    for (const dims of [
      ['N', 'T'],
      [2, 30],
    ] as [EncoderOptions['dims'], EncoderOptions['dims']]) {
      const model = convert(
        encoderOnnx({ vocabulary, inputs, ...(dims ? { dims } : {}) }),
        'Unigram',
        '--max-tokens',
        '30',
      );
      const embedder = await text.TextEmbedder.create(model);
      all.push(await embedder.encode(texts.slice(0, 5)));
      await embedder.release();
    }
    for (const [at, vector] of (all[0] as Float32Array[]).entries())
      expectClose(all[1]?.[at], [...vector], texts[at] as string);
  });
});

describe('TextEmbedder', () => {
  let embedder: Text.TextEmbedder;
  beforeAll(async () => {
    embedder = await text.TextEmbedder.create(convert(encoderOnnx({ vocabulary }), 'Unigram', '--normalize'));
  });
  afterAll(() => embedder.release());

  it('reads of an endless text what counts', async () => {
    const start = 'The key is under the mat. ';
    const long = start.repeat(400_000);
    const [first, second] = await embedder.encode([start.repeat(40), long]);
    expect(second).toEqual(first);
    // Nothing in it is known, and all of it becomes one token.
    const strange = '\u4e00'.repeat(5_000_000);
    expect(embedder.tokenize(strange)).toEqual(embedder.tokenize(strange.slice(0, 100)));
  });

  it('answers in the order of the question, and with nothing for nothing', async () => {
    const [a, b] = await embedder.encode(['house house house', 'key']);
    const [c, d] = await embedder.encode(['key', 'house house house']);
    expectClose(d, [...(a as Float32Array)], 'house');
    expectClose(c, [...(b as Float32Array)], 'key');
    expect(await embedder.encode([])).toEqual([]);
    expect(Math.hypot(...(a as Float32Array))).toBeCloseTo(1, 5);
    expect(a).toHaveLength(kWidth);
  });

  it('gives zeros for a text without tokens', async () => {
    const bare = { ...tokenizers.Unigram, post_processor: null };
    const other = await text.TextEmbedder.create(convert(encoderOnnx({ vocabulary }), bare, '--normalize'));
    const [nothing, something] = await other.encode(['', 'key']);
    expect(nothing).toEqual(new Float32Array(kWidth));
    expect(await other.encode('')).toEqual(nothing);
    expect(Math.hypot(...(something as Float32Array))).toBeCloseTo(1, 5);
    await other.release();
  });

  it('is aborted as other calls are, and works on', async () => {
    const reason = new Error('enough');
    const aborted = { name: 'AbortError', code: 'aborted', cause: reason };
    await expect(embedder.encode(texts, { signal: AbortSignal.abort(reason) })).rejects.toMatchObject(aborted);
    const controller = new AbortController();
    const call = embedder.encode(Array(5000).fill(texts[0]), { signal: controller.signal, batchSize: 1 });
    setTimeout(() => controller.abort(reason), 1);
    await expect(call).rejects.toMatchObject(aborted);
    expect(await embedder.encode('key')).toHaveLength(kWidth);
  });

  it.each([
    [[5], {}, 'A text was expected, or an array of texts, not 5.'],
    [null, {}, 'not null'],
    [['a', {}], {}, 'not an object'],
    ['a', { batch: 3 }, "'batch' is no option of TextEmbedder.encode. There are: signal, batchSize."],
    ['a', { batchSize: 0 }, 'batchSize is 0: it must be a whole number from 1.'],
  ])('names a mistake: %o %o', async (given, options, message) => {
    const call = embedder.encode(given as string, options as Text.EmbedOptions);
    await expect(call).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(call).rejects.toThrow(message);
  });

  it('is made from an address with news of it, and tells what cannot be loaded', async () => {
    const model = convert(encoderOnnx({ vocabulary }), 'WordPiece');
    const server = createServer((request, response) =>
      request.url === '/m.edgy'
        ? response.writeHead(200, { 'content-length': model.length }).end(model)
        : response.writeHead(404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const news: Edgy.Progress[] = [];
      const fetched = await text.TextEmbedder.create(`${base}/m.edgy`, {
        onProgress: (progress) => news.push(progress),
      });
      expect(news).toContainEqual({ phase: 'model', loaded: model.length, total: model.length });
      expect(news.map(({ phase }) => phase)).toContain('runtime');
      expect(await fetched.encode('key')).toHaveLength(kWidth);
      await fetched.release();
      await expect(fetched.encode('key')).rejects.toMatchObject({ code: 'released' });
      const missing = text.TextEmbedder.create(`${base}/none.edgy`);
      await expect(missing).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('404') });
    } finally {
      server.closeAllConnections();
      server.close();
    }
    const onnx = text.TextEmbedder.create(encoderOnnx({ vocabulary }));
    await expect(onnx).rejects.toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining('edgy convert'),
    });
    const bare = text.TextEmbedder.create(convert(encoderOnnx({ vocabulary }), undefined));
    await expect(bare).rejects.toMatchObject({ code: 'unsupported-model', name: 'EdgyError' });
    await expect(bare).rejects.toThrow('has no tokenizer: convert it with --tokenizer');
    await expect(bare).rejects.toBeInstanceOf(edgy.EdgyError);
    const wrong = text.TextEmbedder.create(model, { thread: 1 } as Edgy.SessionOptions);
    await expect(wrong).rejects.toThrow("'thread' is no option of a session");
  });

  it('says what of a tokenizer it does not know', async () => {
    const strange = { ...tokenizers.Unigram, pre_tokenizer: { type: 'UnicodeScripts' } };
    const made = text.TextEmbedder.create(convert(encoderOnnx({ vocabulary }), strange));
    await expect(made).rejects.toMatchObject({ code: 'unsupported-model' });
    await expect(made).rejects.toThrow('Unknown PreTokenizer type: UnicodeScripts');
    const narrow = text.TextEmbedder.create(convert(encoderOnnx({ vocabulary }), 'Unigram', '--max-tokens', '2'));
    await expect(narrow).rejects.toThrow('of 2 tokens none is left beside the 2 special ones');
  });
});
