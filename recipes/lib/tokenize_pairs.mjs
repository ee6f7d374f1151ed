#!/usr/bin/env node
/**
 * Token ids of the pairs, by the library that the browser tokenizes with: what is trained is what will be read.
 *
 * Usage: tokenize_pairs.mjs FOLDER
 *
 * Reads FOLDER/pairs.jsonl and FOLDER/tokenizer.json. FOLDER/tokens.jsonl gets {split, short: [id, ...], long: [id, ...]} a line.
 */
import { createWriteStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('Usage: tokenize_pairs.mjs FOLDER');
  process.exit(2);
}
const json = JSON.parse(readFileSync(path.join(folder, 'tokenizer.json'), 'utf8'));
const tokenizer = new Tokenizer(json, {});
const most = json.truncation.max_length;
const ids = (text) => tokenizer.encode(text).ids.slice(0, most);
const target = path.join(folder, 'tokens.jsonl');
const file = createWriteStream(target);
let count = 0;
for (const line of readFileSync(path.join(folder, 'pairs.jsonl'), 'utf8').trim().split('\n')) {
  const { split, short, long } = JSON.parse(line);
  file.write(`${JSON.stringify({ split, short: ids(short), long: ids(long) })}\n`);
  ++count;
}
file.end(() => console.log(`${target}: ${count} pairs, of a text at most ${most} tokens`));
