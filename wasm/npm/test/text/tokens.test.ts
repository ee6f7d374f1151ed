/**
 * Ids, masks and types of 10,000 lines of mixed text, as they reach the model: those of the library that made the format, for each kind of
 * tokenizer. EDGY_SEED: again; EDGY_LINES: another number.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import type { TextEmbedder } from '../../src/text/index.js';
import { convert } from './convert.js';
import { echoOnnx } from './encoder.js';
import { diceOf, lineOf } from './lines.js';
import { idsOf, kinds } from './tokenizers.js';

const kMost = 48;
const kBatch = 37;
const kPadding = { WordPiece: 0, BPE: 1, Unigram: 1 };
const seed = Number(process.env.EDGY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env.EDGY_LINES ?? 10_000);

/** What the batches of a call were: rows of ids, masks and types. */
type Row = Record<'input_ids' | 'attention_mask' | 'token_type_ids', readonly number[]>;

/** Records what the embedder's session is fed. */
function listen(embedder: TextEmbedder): Row[][] {
  const batches: Row[][] = [];
  const { session } = embedder;
  const run = session.run.bind(session);
  session.run = ((feeds: Record<string, Tensor>, ...rest: []) => {
    const [rows = 0, columns = 0] = feeds.input_ids?.dims ?? [];
    const rowOf = (name: string, row: number) =>
      Array.from(feeds[name]?.data.slice(row * columns, (row + 1) * columns) as BigInt64Array, Number);
    batches.push(
      Array.from({ length: rows }, (_, row) => ({
        input_ids: rowOf('input_ids', row),
        attention_mask: rowOf('attention_mask', row),
        token_type_ids: rowOf('token_type_ids', row),
      })),
    );
    return run(feeds, ...rest);
  }) as typeof session.run;
  return batches;
}

describe.each(kinds)(`${count} lines of mixed text, EDGY_SEED=${seed}: %s`, (kind) => {
  const lines: string[] = [];
  let embedder: TextEmbedder;
  beforeAll(async () => {
    console.log(`${kind}: EDGY_SEED=${seed}`);
    const dice = diceOf(seed);
    while (lines.length < count) lines.push(lineOf(dice));
    const entry = pathToFileURL(path.resolve(__dirname, '../../dist/text.js')).href;
    const text = await import(/* @vite-ignore */ entry);
    const file = convert(echoOnnx(kMost), kind, '--pooling', 'max', '--max-tokens', String(kMost));
    embedder = await text.TextEmbedder.create(file);
  });
  afterAll(() => embedder.release());

  it('has the ids of the library, each text at its place', async () => {
    const batches = listen(embedder);
    const vectors = await embedder.encode(lines, { batchSize: kBatch });
    expect(vectors).toHaveLength(count);
    let cut = 0;
    for (const [at, line] of lines.entries()) {
      const ids = idsOf(kind, line, kMost);
      cut += ids.length === kMost ? 1 : 0;
      const filled = (values: readonly number[]) => [...values, ...new Array(kMost - values.length).fill(0)];
      const expected = [...filled(ids), ...filled(ids.map(() => 1)), ...filled([])];
      // Strings, as they are compared a hundred times as fast; the message has both.
      if ([...(vectors[at] as Float32Array)].join() !== expected.join())
        expect([...(vectors[at] as Float32Array)], JSON.stringify(line)).toEqual(expected);
      if (at % 20 === 0) expect(embedder.tokenize(line), JSON.stringify(line)).toEqual(ids);
    }
    // The lines are worth it: some are cut off, and more are not.
    expect(cut).toBeGreaterThan(count / 50);
    expect(cut).toBeLessThan(count / 2);
    expect(batches.flat()).toHaveLength(count);
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(kBatch);
      const lengths = batch.map(({ attention_mask }) => attention_mask.reduce((sum, value) => sum + value, 0));
      for (const [row, { input_ids, attention_mask, token_type_ids }] of batch.entries()) {
        const length = lengths[row] as number;
        const padding = input_ids.length - length;
        const wrong =
          input_ids.length !== Math.max(...lengths) ||
          attention_mask.join() !== [...Array(length).fill(1), ...Array(padding).fill(0)].join() ||
          input_ids.slice(length).some((id) => id !== kPadding[kind]) ||
          token_type_ids.some((type) => type !== 0);
        expect(wrong, JSON.stringify(batch[row])).toBe(false);
      }
    }
  }, 600_000);

  it('has them of texts of which a part is read, whose words are long', () => {
    // The first part that is read ends within the last word: of its beginning WordPiece makes letters, of the whole one unknown token.
    const cut = `${`${'x'.repeat(101)} `.repeat(13)}${'a '.repeat(25)}${'y'.repeat(200)} ${'b '.repeat(30)}`;
    expect(embedder.tokenize(cut)).toEqual(idsOf(kind, cut, kMost));
    const dice = diceOf(seed + 1);
    for (let trial = 0; trial < 50; trial++) {
      let line = '';
      while (line.length < 6000) {
        const letter = String.fromCharCode(0x61 + dice(26));
        line += letter.repeat(1 + dice(dice(4) === 0 ? 160 : 12)) + ['', ' ', '.', '-'][dice(4)];
      }
      const ids = idsOf(kind, line, kMost);
      if (embedder.tokenize(line).join() !== ids.join())
        expect(embedder.tokenize(line), JSON.stringify(line)).toEqual(ids);
    }
  });
});
