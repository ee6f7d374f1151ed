/** The repository's own encoder of sentences in a page, in int8: how often it finds the right one of 1,000 texts it was not trained on. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import type * as Text from '../../wasm/npm/src/text/index.js';
import { dist, root, text } from '../lib/paths.mjs';
import type * as Recall from '../lib/recall.mjs';
import { serve } from '../lib/server.mjs';

const model = { type: 'application/octet-stream', body: readFileSync(path.join(text, 'sentences.edgy')) };
const pairs = gunzipSync(readFileSync(path.join(text, 'held-out.jsonl.gz')))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { short: string; long: string });

let server: Awaited<ReturnType<typeof serve>>;
test.beforeAll(async () => {
  const folders = {
    '/edgy/': dist,
    '/lib/': path.join(root, 'tests/lib'),
    '/notes/': path.join(root, 'examples/notes'),
    '/notes/edgy/': dist,
  };
  const page = { type: 'text/html', body: '<!doctype html><title>Sentences</title>' };
  server = await serve(folders, { '/page.html': page, '/sentences.edgy': model, '/notes/notes.edgy': model });
});
test.afterAll(() => server.close());

test('the int8 encoder finds the right one of 1,000 held-out texts in the top 5 in 80 % of queries', async ({
  page,
}) => {
  test.setTimeout(300_000);
  expect(model.body.length).toBeLessThan(3_000_000);
  expect(pairs).toHaveLength(1000);
  await page.goto(`${server.url}/page.html`);
  const found = await page.evaluate(
    async ({ short, long }) => {
      const load = (url: string) => import(url);
      const { TextEmbedder } = (await load('/edgy/text.js')) as typeof Text;
      const { recallOf } = (await load('/lib/recall.mjs')) as typeof Recall;
      const embedder = await TextEmbedder.create('/sentences.edgy');
      const [questions, texts] = [await embedder.encode(short), await embedder.encode(long)];
      await embedder.release();
      return { at1: recallOf(questions, texts, 1), at5: recallOf(questions, texts, 5) };
    },
    { short: pairs.map(({ short }) => short), long: pairs.map(({ long }) => long) },
  );
  console.log(`of 1,000 texts, int8 in the browser: @1 ${found.at1}, @5 ${found.at5}`);
  expect(found.at5).toBeGreaterThanOrEqual(0.8);
});

test('the example works with it: a note is found whose words the question does not have', async ({ page }) => {
  await page.goto(`${server.url}/notes/index.html`);
  await expect(page.getByRole('status')).toHaveText('Ready.');
  for (const note of ['A program that plays songs', 'Read the mail', 'Tables of numbers for accounting']) {
    await page.getByLabel('A new note').fill(note);
    await page.getByRole('button', { name: 'Keep' }).click();
  }
  await page.getByLabel('What are you looking for?').fill('audio player for music');
  await expect(page.getByRole('listitem').locator('.note').first()).toHaveText('A program that plays songs');
});
