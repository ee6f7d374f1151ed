// What every command does where nothing can be written: a device that is full, a closed standard output, a limit on the size of files,
// folders that are missing or not the user's. An exit code of 0 means that everything has arrived.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { formatNpy } from '../../lib/npy.mjs';
import { formatModel, valueInfo } from '../../lib/onnx.mjs';
import { edgy, speech } from '../../lib/paths.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-writing-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const at = (...parts) => path.join(folder, ...parts);

/** By a shell, so that it can redirect. "$@" is the command. */
const shell = (script, words) => spawnSync('bash', ['-c', script, 'bash', edgy, ...words], { encoding: 'utf8' });
const run = (...words) => spawnSync(edgy, words, { encoding: 'utf8' });

/** Ends with 1 and one message that has these words. */
function fails(result, ...words) {
  assert.equal(result.status, 1, `${result.signal} ${result.stdout}${result.stderr}`);
  for (const word of words) assert.ok(result.stderr.includes(word), `'${word}' is not in: ${result.stderr}`);
}

const f32 = ['--precision', 'f32'];
const relu = at('relu.onnx');
const model = at('relu.edgy');
const x = at('x.npy');
const manifest = path.join(speech, 'manifest.csv');

before(() => {
  const graph = {
    name: 'relu',
    node: [{ opType: 'Relu', input: ['x'], output: ['y'], name: 'relu', attribute: [] }],
    input: [valueInfo('x', [1, 4], 1)],
    output: [valueInfo('y', [1, 4], 1)],
  };
  fs.writeFileSync(relu, formatModel({ irVersion: 8, graph, opsetImport: [{ domain: '', version: 13 }] }));
  fs.writeFileSync(x, formatNpy(Float32Array.of(-1, 2, -3, 4), [1, 4]));
  assert.equal(run('convert', relu, '-o', model, ...f32).status, 0);
  fs.writeFileSync(at('config.json'), '{"input_info": {"sample_size": [1, 4]}}');
  fs.mkdirSync(at('out'));
});

/** Every command that prints, so that it does and is quick. */
const printing = () => [
  ['convert', relu, '-o', at('printed.edgy'), ...f32],
  ['export', model, '-o', at('printed.onnx')],
  ['inspect', model],
  ['inspect', model, '--json'],
  ['inspect', model, '--plan'],
  ['inspect', model, '--plan', '--json'],
  ['run', model, '-i', `x=${x}`, '-o', at('printed'), '--json'],
  ['compare', relu, model, '--data', x],
  ['compare', relu, model, '--data', x, '--json'],
  ['operators'],
  ['operators', '--json'],
  ['operators', '--markdown'],
  ['config', 'schema', 'nncf'],
  ['config', 'schema', 'edgy'],
  ['config', 'explain', at('config.json')],
  ['config', 'explain', at('config.json'), '--json'],
  ['--help'],
  ['--version'],
  ...['convert', 'export', 'inspect', 'run', 'compare', 'audit', 'operators', 'config', 'finetune'].map((name) => [
    name,
    '--help',
  ]),
];

test('standard output that is full or closed is an error of every command', () => {
  for (const words of printing()) {
    const plain = run(...words);
    assert.equal(plain.status, 0, `${words}: ${plain.stderr}`);
    assert.notEqual(plain.stdout, '', String(words));
    fails(shell('"$@" >/dev/full', words), 'standard output can not be written', 'No space left on device');
    fails(shell('"$@" >&-', words), 'standard output can not be written', 'Bad file descriptor');
  }
});

test('closed or full standard error is no reason to fail, or to write anywhere else', () => {
  for (const words of printing()) {
    const plain = run(...words);
    for (const to of ['2>&-', '2>/dev/full']) {
      const { status, stdout } = shell(`"$@" ${to}`, words);
      assert.equal(status, 0, `${words} ${to}`);
      if (!words.includes('run')) assert.equal(stdout, plain.stdout, `${words} ${to}`); // run prints times
    }
  }
  const closed = shell('"$@" <&- >&- 2>&-', ['convert', relu, '-o', at('closed.edgy'), ...f32]);
  assert.equal(closed.status, 1);
  assert.deepEqual(fs.readFileSync(at('closed.edgy')), fs.readFileSync(model));
});

/** Every command that writes files, with the file in the place of OUT. */
const writing = () => [
  ['convert', relu, '-o', 'OUT', ...f32],
  ['convert', relu, '-o', at('beside.edgy'), '--report', 'OUT', ...f32],
  ['export', model, '-o', 'OUT'],
  ['audit', model, '--manifest', manifest, '--html', 'OUT'],
  ['audit', model, '--manifest', manifest, '--export-attackers', 'OUT'],
  ['audit', model, '--manifest', manifest, '--export-recognizer', 'OUT'],
  ['finetune', relu, '-o', 'OUT', '--run', at('run')],
];
const into = (words, name) => words.map((word) => (word === 'OUT' ? name : word));

test('a device that is full is an error of what is written to it', () => {
  for (const words of writing().slice(0, 3))
    fails(run(...into(words, '/dev/full')), '/dev/full', 'No space left on device');
  fs.symlinkSync('/dev/full', at('full'));
  for (const words of writing().slice(0, 3)) fails(run(...into(words, at('full'))), 'No space left on device');
  fs.symlinkSync('/dev/full', at('out', 'y.npy'));
  fails(run('run', model, '-i', `x=${x}`, '-o', at('out')), 'No space left on device');
  fs.unlinkSync(at('out', 'y.npy'));
});

test('a folder, a missing folder, a name of a folder: refused before anything is read, by every command', () => {
  for (const words of writing()) {
    fails(run(...into(words, at('out'))), 'is a folder');
    fails(run(...into(words, at('missing', 'file'))), 'No such file or directory');
    fails(run(...into(words, path.join(x, 'file'))), 'Not a directory');
    fails(run(...into(words, `${at('out')}/`)), 'folder');
    const empty = run(...into(words, ''));
    assert.equal(empty.status, 2, empty.stderr); // as every mistake on the command line
    assert.match(empty.stderr, /the name of the file to write is empty/);
    fails(run(...into(words, at('out', 'n'.repeat(300)))), 'File name too long');
  }
});

test('a file that grows past its limit is an error, and nothing of it stays', () => {
  const before = fs.readdirSync(folder).sort();
  // Of 512 or 1024 bytes: none.
  for (const words of writing().slice(0, 1))
    fails(shell('ulimit -f 0; "$@"', into(words, at('limited'))), 'File too large');
  fails(shell('ulimit -f 0; "$@"', ['run', model, '-i', `x=${x}`, '-o', at('out')]), 'File too large');
  assert.deepEqual(fs.readdirSync(folder).sort(), before);
  assert.deepEqual(fs.readdirSync(at('out')), []);
});

test("a folder that is not the user's is refused before the work", {
  skip: process.getuid?.() !== 0 && 'only root can become somebody else',
}, () => {
  fs.chmodSync(folder, 0o755);
  // Somebody who owns nothing; the command itself may be in a place that only root reads.
  fs.copyFileSync(edgy, at('edgy'));
  fs.chmodSync(at('edgy'), 0o755);
  const nobody = (words) => spawnSync(at('edgy'), words, { encoding: 'utf8', uid: 65534, gid: 65534 });
  const probe = nobody(['--version']);
  if (probe.status !== 0) {
    console.log(`not tested: another user can not run ${at('edgy')}: ${probe.stderr}${probe.error ?? ''}`);
    return;
  }
  for (const words of writing().slice(0, 3)) fails(nobody(into(words, at('new'))), 'Permission denied');
  fails(nobody(['run', model, '-i', `x=${x}`, '-o', at('out')]), 'Permission denied');
  fails(nobody(['run', model, '-i', `x=${x}`, '-o', at('nobody')]), 'Permission denied');
  fs.writeFileSync(at('roots.edgy'), 'kept');
  fails(nobody(into(writing()[0], at('roots.edgy'))), 'Permission denied');
  assert.equal(fs.readFileSync(at('roots.edgy'), 'utf8'), 'kept');
});

test('two outputs are never one file', () => {
  const both = (first, second) => run('convert', relu, '-o', first, '--report', second, ...f32);
  fails(both(at('one'), at('one')), 'written twice');
  fails(both(at('one'), `${folder}/./out/../one`), 'written twice');
  fs.symlinkSync('one', at('link-to-one'));
  fails(both(at('one'), at('link-to-one')), 'written twice');
  assert.equal(fs.existsSync(at('one')), false);
  fs.writeFileSync(at('one'), '');
  fs.linkSync(at('one'), at('other'));
  fails(both(at('one'), at('other')), 'written twice');
  fails(
    shell('"$@" | cat; exit "${PIPESTATUS[0]}"', [
      'convert',
      relu,
      '-o',
      '/dev/stdout',
      '--report',
      '/dev/fd/1',
      ...f32,
    ]),
    'written twice',
  );
  fails(run('audit', model, '--manifest', manifest, '--html', at('a'), '--export-attackers', at('a')), 'written twice');
  assert.equal(both('/dev/null', '/dev/null').status, 0); // nothing is lost there that was not meant to be
});

test('data that are read are never written over', () => {
  fs.mkdirSync(at('data'));
  fs.copyFileSync(x, at('data', '0.in.x.npy'));
  const before = fs.readFileSync(x);
  fails(
    run('convert', relu, '-o', at('data', '0.in.x.npy'), '--calibration', at('data')),
    'give the output another name',
  );
  fails(run('convert', relu, '-o', x, '--calibration', x), 'give the output another name');
  assert.deepEqual(fs.readFileSync(at('data', '0.in.x.npy')), before);
  assert.deepEqual(fs.readFileSync(x), before);
  // A model beside its data is nobody's.
  fs.writeFileSync(at('data', 'old.edgy'), '');
  assert.equal(run('convert', relu, '-o', at('data', 'old.edgy'), ...f32, '--calibration', at('data')).status, 0);
  fs.writeFileSync(at('sounds.csv'), 'file\n');
  fs.writeFileSync(at('spoken.wav'), 'sound');
  fails(
    run('audit', model, '--manifest', at('sounds.csv'), '--html', at('spoken.wav')),
    'give the output another name',
  );
});
