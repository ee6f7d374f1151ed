/**
 * Token ids of the pairs, by the library that the browser tokenizes with: what is trained is what will be read.
 *
 * Usage: tokenize_pairs.mjs FOLDER
 *
 * Reads FOLDER/pairs.jsonl and FOLDER/tokenizer.json. FOLDER/tokens.jsonl gets {split, short: [id, ...], long: [id, ...]} a line.
 */
import { readFileSync, writeFileSync } from 'node:fs';
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
const pairs = readFileSync(path.join(folder, 'pairs.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const tokens = pairs.map(({ split, short, long }) => ({ split, short: ids(short), long: ids(long) }));
writeFileSync(target, tokens.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
console.log(`${target}: ${tokens.length} pairs, of a text at most ${most} tokens`);
