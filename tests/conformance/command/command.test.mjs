// The command as other programs meet it: what it writes over, what it exits with, what it feeds to a model.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { formatNpy, parseNpy } from '../../lib/npy.mjs';
import { formatModel, valueInfo } from '../../lib/onnx.mjs';
import { edgy } from '../../lib/paths.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-command-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const at = (...parts) => path.join(folder, ...parts);

const run = (...words) => spawnSync(edgy, words, { encoding: 'utf8' });
/** By a shell, so that it can redirect. "$@" is the command. */
const shell = (script, ...words) => spawnSync('bash', ['-c', script, 'bash', edgy, ...words], { encoding: 'utf8' });

const BOOL = 9;
/** One node between inputs and outputs: [name, dims, element type]. */
function writeModel(name, opType, inputs, outputs, opset = 13, attribute = []) {
  const info = ([value, dims, type = 1]) => valueInfo(value, dims, type);
  const graph = {
    name,
    node: [{ opType, attribute, input: inputs.map(([value]) => value), output: outputs.map(([value]) => value), name }],
    input: inputs.map(info),
    output: outputs.map(info),
  };
  fs.writeFileSync(
    at(`${name}.onnx`),
    formatModel({ irVersion: 8, graph, opsetImport: [{ domain: '', version: opset }] }),
  );
  return at(`${name}.onnx`);
}

function succeeds(result) {
  assert.equal(result.status, 0, result.stderr);
  return result;
}

/** Ends with 1 and one message that has these words. */
function fails(result, ...words) {
  assert.equal(result.status, 1, `${result.stdout}${result.stderr}`);
  for (const word of words) assert.ok(result.stderr.includes(word), result.stderr);
  return result;
}

const relu = writeModel('relu', 'Relu', [['x', [1, 4]]], [['y', [1, 4]]]);
const x = at('x.npy');
fs.writeFileSync(x, formatNpy(Float32Array.of(-1, 2, -3, 4), [1, 4]));
const f32 = ['--precision', 'f32'];

test('convert and inspect say what the file hashes to, as a session wants to hear it', () => {
  const [file, report] = [at('hashed.edgy'), at('hashed.json')];
  const converted = succeeds(run('convert', relu, '-o', file, '--report', report, ...f32));
  const hash = `sha256-${createHash('sha256').update(fs.readFileSync(file)).digest('base64')}`;
  assert.ok(converted.stdout.includes(`\nintegrity: ${hash}\n`), converted.stdout);
  assert.equal(JSON.parse(fs.readFileSync(report, 'utf8')).integrity, hash);
  assert.ok(succeeds(run('inspect', file)).stdout.includes(`\nintegrity: ${hash}\n`));
  assert.equal(JSON.parse(succeeds(run('inspect', '--json', file)).stdout).integrity, hash);
});

test('a source is never written over, whatever it is called', () => {
  const before = fs.readFileSync(relu);
  fs.symlinkSync('relu.onnx', at('link.edgy'));
  fs.linkSync(relu, at('hard.edgy'));
  for (const output of [relu, at('link.edgy'), at('hard.edgy')])
    fails(run('convert', relu, '-o', output, ...f32), 'give the output another name');
  assert.deepEqual(fs.readFileSync(relu), before);
});

test('a model goes through a pipe, and what is said goes elsewhere', () => {
  succeeds(run('convert', relu, '-o', at('relu.edgy'), ...f32));
  const piped = succeeds(shell(`"$@" >(cat >"${at('piped.edgy')}") --precision f32; sleep 1`, 'convert', relu, '-o'));
  assert.match(piped.stdout, /bytes/);
  succeeds(
    shell(
      `"$@" --precision f32 | cat >"${at('stdout.edgy')}"; exit "\${PIPESTATUS[0]}"`,
      'convert',
      relu,
      '-o',
      '/dev/stdout',
    ),
  );
  const model = fs.readFileSync(at('relu.edgy'));
  assert.deepEqual(fs.readFileSync(at('piped.edgy')), model);
  assert.deepEqual(fs.readFileSync(at('stdout.edgy')), model);
});

test('standard output that takes nothing is not success', () => {
  succeeds(run('convert', relu, '-o', at('relu.edgy'), ...f32));
  fails(shell('"$@" >/dev/full', 'inspect', at('relu.edgy')), 'standard output', 'No space left on device');
  fails(shell('"$@" >&-', 'inspect', at('relu.edgy')), 'standard output', 'Bad file descriptor');
  fails(shell('"$@" >/dev/full', 'config', 'schema'), 'No space left on device');
  fails(shell('"$@" >&-', '--help'), 'standard output');
});

test('memory that runs out is an error of the command', () => {
  // Not to be given: an array of 2^31 - 1 bytes that are there, as far as the file system says.
  const large = at('large.onnx');
  fs.closeSync(fs.openSync(large, 'w'));
  fs.truncateSync(large, 2 ** 31 - 1);
  fails(shell('ulimit -v 1000000; "$@"', 'convert', large, '-o', at('none.edgy'), ...f32), 'not enough memory');
  assert.equal(fs.existsSync(at('none.edgy')), false);
});

test('names cannot steer a terminal or break JSON', () => {
  const model = writeModel('\u001b]0;evil\u0007\u202e', 'Relu', [['x', [1, 4]]], [['y\u009b31m', [1, 4]]]);
  const renamed = at('names.onnx');
  fs.renameSync(model, renamed);
  succeeds(run('convert', renamed, '-o', at('names.edgy'), ...f32));
  for (const words of [['inspect'], ['inspect', '--plan'], ['inspect', '--json'], ['inspect', '--plan', '--json']]) {
    const { stdout } = succeeds(run(words[0], at('names.edgy'), ...words.slice(1)));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    if (words.includes('--json')) JSON.parse(stdout);
  }
});

/** NumPy's file of any type. */
function writeNpy(file, descr, dims, bytes) {
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }\n`;
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  fs.writeFileSync(file, Buffer.concat([head, Buffer.from(header), Buffer.from(bytes)]));
}

test('run feeds bool inputs and writes bool outputs', () => {
  const model = writeModel('flags', 'Identity', [['x', [3], BOOL]], [['y', [3], BOOL]]);
  succeeds(run('convert', model, '-o', at('flags.edgy'), ...f32));
  writeNpy(at('flags.npy'), '|b1', [3], [1, 0, 1]);
  succeeds(run('run', at('flags.edgy'), '-i', `x=${at('flags.npy')}`, '-o', at('flags')));
  const y = fs.readFileSync(at('flags', 'y.npy'));
  assert.match(y.toString('latin1'), /'descr': '\|b1'/);
  assert.deepEqual([...y.subarray(-3)], [1, 0, 1]);
  fails(run('run', at('flags.edgy'), '-i', `x=${x}`, '-o', at('flags')), 'F32 [1, 4] does not fit', 'Bool [3]');
});

test('run takes inputs of no elements: a cache that holds nothing yet', () => {
  const axis = [{ name: 'axis', i: 1, type: 2 }];
  const inputs = [
    ['past', [1, -1, 2]],
    ['x', [1, 1, 2]],
  ];
  const model = writeModel('cache', 'Concat', inputs, [['y', [1, -1, 2]]], 13, axis);
  succeeds(run('convert', model, '-o', at('cache.edgy'), ...f32));
  fs.writeFileSync(at('past.npy'), formatNpy(new Float32Array(0), [1, 0, 2]));
  fs.writeFileSync(at('now.npy'), formatNpy(Float32Array.of(5, 6), [1, 1, 2]));
  const feeds = ['-i', `past=${at('past.npy')}`, '-i', `x=${at('now.npy')}`];
  succeeds(run('run', at('cache.edgy'), ...feeds, '-o', at('cache')));
  const y = parseNpy(fs.readFileSync(at('cache', 'y.npy')));
  assert.deepEqual(
    [y.dims, [...y.data]],
    [
      [1, 1, 2],
      [5, 6],
    ],
  );
  fails(run('run', at('cache.edgy'), ...feeds.slice(0, 2), '-o', at('cache')), "input 'x' is missing");
  fails(run('run', at('cache.edgy'), ...feeds, ...feeds.slice(0, 2), '-o', at('cache')), "'past' is given twice");
});

test('run never writes over what it reads', () => {
  succeeds(run('convert', relu, '-o', at('relu.edgy'), ...f32));
  fs.mkdirSync(at('state'));
  fs.copyFileSync(x, at('state', 'y.npy'));
  fails(run('run', at('relu.edgy'), '-i', at('state', 'y.npy'), '-o', at('state')), 'give the output another name');
  assert.deepEqual(fs.readFileSync(at('state', 'y.npy')), fs.readFileSync(x));
});

test('a folder or a missing one as output is refused before work begins', () => {
  fs.mkdirSync(at('a-folder'));
  fails(run('convert', relu, '-o', at('a-folder'), ...f32), 'is a folder');
  fails(run('convert', relu, '-o', at('missing', 'm.edgy'), ...f32), 'No such file or directory');
  fails(run('run', at('relu.edgy'), '-i', x, '-o', x), 'can not be made a folder');
});
