/**
 * How often an encoder finds the right one of 1,000 texts that it was not trained on.
 *
 * Usage: judge_sentence_encoder.mjs FOLDER
 *
 * FOLDER has pairs.jsonl, sentences-f32.edgy and sentences.edgy. It gets held-out.jsonl.gz, the pairs that judge ({package, short, long} a line),
 * and judged.json. Texts are embedded by the npm package, as in a page.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { dist } from '../../tests/lib/paths.mjs';
import { recallOf } from '../../tests/lib/recall.mjs';

const TEXTS = 1000;
const digest = (text) => createHash('sha256').update(text).digest('hex');

/** The first of split test by the hash of their package's name: neighbours by name are about the same things. */
function heldOut(file) {
  const pairs = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const test = pairs.filter(({ split }) => split === 'test').map((pair) => ({ ...pair, order: digest(pair.package) }));
  if (test.length < TEXTS) throw new Error(`${file}: has ${test.length} pairs of split test, of ${TEXTS} that judge`);
  return test.sort((a, b) => (a.order < b.order ? -1 : 1)).slice(0, TEXTS).map(({ package: name, short, long }) => ({ package: name, short, long }));
}

try {
  const [folder] = process.argv.slice(2);
  if (!folder) {
    console.error('Usage: judge_sentence_encoder.mjs FOLDER');
    process.exit(2);
  }
  const entry = path.join(dist, 'text.js');
  if (!existsSync(entry)) throw new Error(`${entry} is missing: make package`);
  const { TextEmbedder } = await import(entry);
  const pairs = heldOut(path.join(folder, 'pairs.jsonl'));
  writeFileSync(path.join(folder, 'held-out.jsonl.gz'), gzipSync(pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''), { level: 9 }));
  const judged = {};
  for (const name of ['sentences-f32.edgy', 'sentences.edgy']) {
    const file = path.join(folder, name);
    const embedder = await TextEmbedder.create(new Uint8Array(readFileSync(file)));
    const [short, long] = [await embedder.encode(pairs.map((pair) => pair.short)), await embedder.encode(pairs.map((pair) => pair.long))];
    await embedder.release();
    judged[name] = { bytes: statSync(file).size, texts: TEXTS, recall_at_1: recallOf(short, long, 1), recall_at_5: recallOf(short, long, 5) };
    console.log(name, JSON.stringify(judged[name]));
  }
  writeFileSync(path.join(folder, 'judged.json'), `${JSON.stringify(judged, null, 1)}\n`);
} catch (error) {
  console.error(`judge_sentence_encoder: ${error.message}`);
  process.exit(1);
}
