/** What a page loads that imports no text: nothing of it. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const dist = path.resolve(__dirname, '../../dist');
/** In the library's code, and in no other's. */
const kTraces = /WordPiece|max_input_chars_per_word|BertNormalizer/;

it('text.js alone holds the tokenizers', () => {
  const scripts = readdirSync(dist).filter((name) => /\.(js|txt|htm)$/.test(name));
  expect(scripts).toContain('index.js');
  expect(scripts.filter((name) => kTraces.test(readFileSync(path.join(dist, name), 'utf8')))).toEqual(['text.js']);
});

it('and holds nothing that index.js has', () => {
  const text = readFileSync(path.join(dist, 'text.js'), 'utf8');
  const imported = [...text.matchAll(/from\s*"([^"]+)"/g)].map(([, name]) => name);
  expect(new Set(imported)).toEqual(new Set(['./index.js']));
});
