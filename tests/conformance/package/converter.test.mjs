// `npx edgy convert` of the packed package, in an empty folder, beside the native converter: the same words and exit codes, in float32 the same
// bytes, in int8 what decision 77 says. Needs
// `make converter-wasm package`; a package that was built without the converter says so.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { edgy, root } from '../../lib/paths.mjs';

const built = fs.existsSync(path.join(root, 'wasm/npm/converter/edgy-converter.wasm'));
const options = { skip: built ? false : 'the package was built without the converter (make converter-wasm package)' };

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-npx-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const at = (...parts) => path.join(folder, ...parts);
const onnx = path.join(root, 'tests/data/models/edgy-256.onnx');
const speech = path.join(root, 'tests/data/speech/manifest.csv');

before(() => {
  if (!built) return;
  const npm = (...words) => execFileSync('npm', words, { cwd: folder, encoding: 'utf8' });
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: path.join(root, 'wasm/npm'),
    encoding: 'utf8',
  });
  fs.writeFileSync(at('package.json'), '{"private":true}');
  npm('install', '--offline', '--no-audit', '--no-fund', at(JSON.parse(packed)[0].filename));
});

// No compiler, and no other program, is on the path.
const environment = { ...process.env, PATH: folder };
const npx = (...words) =>
  spawnSync(process.execPath, [at('node_modules/.bin/edgy'), ...words], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  });
const native = (...words) => spawnSync(edgy, words, { cwd: folder, encoding: 'utf8' });

function same(name, ...words) {
  const [here, there] = [npx, native].map((run, i) => {
    const result = run(...words, '-o', `${name}-${i}.edgy`);
    assert.equal(result.status, 0, result.stderr);
    return fs.readFileSync(at(`${name}-${i}.edgy`));
  });
  assert.equal(here.compare(there), 0, `${name}: ${here.length} bytes differ from the native ${there.length}`);
}

test('float32: the native bytes', options, () =>
  same('f32', 'convert', onnx, '--precision', 'f32', '--front-end', 'edgy'),
);

test('int8, calibrated on recordings: the same layers in as many bytes, the same codes', options, () => {
  const [here, there] = [npx, native].map((run, i) => {
    const result = run('convert', onnx, '--calibration', speech, '--front-end', 'edgy', '-o', `int8-${i}.edgy`);
    assert.equal(result.status, 0, result.stderr);
    return fs.readFileSync(at(`int8-${i}.edgy`));
  });
  assert.equal(here.length, there.length);
  const compared = native('compare', 'int8-0.edgy', 'int8-1.edgy', '--data', speech);
  assert.equal(compared.status, 0, compared.stderr);
  const [, percent] = /^indices +([0-9.]+) %/m.exec(compared.stdout);
  assert.ok(Number(percent) > 99.9, compared.stdout);
});

test('what it prints and exits with is what the native one does', options, () => {
  for (const words of [
    ['--version'],
    ['inspect', 'f32-0.edgy', '--json'],
    ['convert', 'absent.onnx', '-o', 'x.edgy'],
    ['convert'],
  ]) {
    const [here, there] = [npx(...words), native(...words)];
    assert.equal(here.status, there.status, here.stderr);
    assert.equal(here.stdout, there.stdout);
    assert.equal(here.stderr, there.stderr);
  }
});

test('commands that train are refused in words', options, () => {
  const result = npx('finetune', onnx, '-o', 'x.edgy');
  assert.equal(result.status, 1);
  assert.match(result.stderr, /libtorch/);
});
