// Every command that reads a model, on models that claim much: a message or an answer, in little memory. The rows are those of the
// table that browsers load (tests/loader): all that claim much, and a sample of the others.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { formatNpy } from '../../lib/npy.mjs';
import { edgy, writeHostileModels } from '../../lib/paths.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-hostile-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const at = (...parts) => path.join(folder, ...parts);

execFileSync(writeHostileModels, [at('models.json')]);
const table = JSON.parse(fs.readFileSync(at('models.json'), 'utf8'));
// What claims much comes last, under names without an operator's; of the rest, every 97th (a prime: all kinds of mutations).
const rows = table.filter(({ name }, i) => !name.includes(': ') || i % 97 === 0);

/** Address space, of which a program takes a part before its first line: what is claimed is gigabytes. */
const kilobytes = 2_000_000;
/** There for what hangs; a busy machine takes a few seconds. */
const milliseconds = 120_000;

function run(...words) {
  const script = `ulimit -v ${kilobytes}; exec "$@"`;
  return spawnSync('bash', ['-c', script, 'bash', edgy, ...words], {
    encoding: 'utf8',
    timeout: milliseconds,
    maxBuffer: 1 << 28,
  });
}

fs.writeFileSync(at('x.npy'), formatNpy(Float32Array.of(1, 2, 3, 4), [1, 4]));

test('models that claim much: a message or an answer, from every command', { timeout: 1_800_000 }, () => {
  assert.ok(rows.length > 30, `${rows.length} rows`);
  const wrong = [];
  const counts = { answers: 0, messages: 0 };
  for (const { name, file } of rows) {
    const model = at('model.edgy');
    fs.writeFileSync(model, Buffer.from(file, 'base64'));
    const commands = [
      ['inspect', model],
      ['inspect', model, '--json'],
      ['inspect', model, '--plan'],
      ['inspect', model, '--plan', '--json'],
      ['export', model, '-o', at('model.onnx')],
      ['run', model, '-i', `x=${at('x.npy')}`, '-o', at('out'), '--work-limit', '100000000'],
      ['compare', model, model, '--data', at('x.npy'), '--memory-limit', '512'],
    ];
    for (const words of commands) {
      const { status, signal, stderr, error } = run(...words);
      const said = `${words.filter((word) => !word.startsWith('/')).join(' ')}, ${name}:`;
      if (error || signal) wrong.push(`${said} ${error?.message ?? signal}`);
      else if (status === 1 && !/^edgy: error: [^\n]{10,}\n$/.test(stderr))
        wrong.push(`${said} ${stderr.slice(0, 300)}`);
      else if (/a defect of Edgy's own/.test(stderr)) wrong.push(`${said} ${stderr}`);
      else if (status !== 0 && status !== 1) wrong.push(`${said} ended with ${status}`);
      counts[status === 0 ? 'answers' : 'messages']++;
    }
  }
  assert.deepEqual(wrong, []);
  console.log(`${rows.length} models: ${counts.answers} answers, ${counts.messages} messages`);
  assert.ok(counts.answers > 20 && counts.messages > 100, JSON.stringify(counts));
});
