/** examples/notes as its visitor sees it, with a tiny encoder of texts: TextEmbedder in a page, its worker, and its policy. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { encoderOnnx } from '../../wasm/npm/test/text/encoder.js';
import { tokenizers } from '../../wasm/npm/test/text/tokenizers.js';
import { dist, e2eOutput, edgy, root } from '../lib/paths.mjs';
import { serve } from '../lib/server.mjs';

let server: Awaited<ReturnType<typeof serve>>;

test.beforeAll(async () => {
  const folder = path.join(e2eOutput, 'text');
  mkdirSync(folder, { recursive: true });
  const [onnx, tokenizer, model] = ['m.onnx', 'tokenizer.json', 'notes.edgy'].map((name) => path.join(folder, name));
  writeFileSync(onnx as string, encoderOnnx({ vocabulary: 500 }));
  writeFileSync(tokenizer as string, JSON.stringify(tokenizers.WordPiece));
  const options = ['--precision', 'f32', '--tokenizer', tokenizer, '--normalize'] as string[];
  execFileSync(edgy, ['convert', onnx as string, '-o', model as string, ...options], { stdio: 'pipe' });
  const folders = { '/notes/': path.join(root, 'examples/notes'), '/notes/edgy/': dist };
  server = await serve(folders, {
    '/notes/notes.edgy': { type: 'application/octet-stream', body: readFileSync(model as string) },
  });
});
test.afterAll(() => server.close());

test('the example finds the nearest note, keeps notes, and asks for nothing once it is loaded', async ({ page }) => {
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`${server.url}/notes/index.html`);
  await expect(page.getByRole('status')).toHaveText('Ready.');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  for (const note of ['The key is under the mat', 'Milk is out', 'Where the house was']) {
    await page.getByLabel('A new note').fill(note);
    await page.getByRole('button', { name: 'Keep' }).click();
  }
  const items = page.getByRole('listitem').locator('.note');
  await expect(items).toHaveText(['Where the house was', 'Milk is out', 'The key is under the mat']);
  await page.getByLabel('What are you looking for?').fill('the KEY is under the mat');
  await expect(items.first()).toHaveText('The key is under the mat');
  const scores = page.locator('.score');
  await expect(scores.first()).toHaveText('100 %');
  await expect(scores).toHaveCount(3);
  await expect(scores.nth(1)).not.toHaveText('100 %');
  await page.getByRole('button', { name: 'Forget: Milk is out' }).click();
  await expect(items).toHaveCount(2);
  expect(asked).toEqual([]);
  await page.reload();
  await expect(items).toHaveText(['Where the house was', 'The key is under the mat']);
  expect(problems).toEqual([]);
});
