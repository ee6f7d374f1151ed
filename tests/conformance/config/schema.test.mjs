// The published JSON Schemas and the parser agree: on EDGY's files, on every property by itself, on mistakes of several kinds.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import Ajv from 'ajv';
import { edgy, root } from '../../lib/paths.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-config-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const schemas = Object.fromEntries(
  ['nncf', 'edgy'].map((kind) => [
    kind,
    JSON.parse(execFileSync(edgy, ['config', 'schema', kind], { encoding: 'utf8' })),
  ]),
);
const ajv = new Ajv({ strict: false, allErrors: true });
const validators = Object.fromEntries(Object.entries(schemas).map(([kind, schema]) => [kind, ajv.compile(schema)]));

/** Whether the parser has an error or an unknown key to report. */
function parserRefuses(text) {
  const file = path.join(folder, 'config.json');
  fs.writeFileSync(file, text);
  const { status, stdout } = spawnSync(edgy, ['config', 'explain', file, '--json'], { encoding: 'utf8' });
  if (status !== 0) return true;
  return (JSON.parse(stdout).warnings ?? []).some(({ message }) => message.includes('unknown key'));
}

function agree(kind, document, expected) {
  const text = JSON.stringify(document);
  const valid = validators[kind](document);
  assert.equal(valid, expected, `schema: ${text} ${JSON.stringify(validators[kind].errors)}`);
  assert.equal(parserRefuses(text), !expected, `parser: ${text}`);
}

for (const kind of ['nncf', 'edgy']) {
  test(`docs/schemas/${kind}.schema.json is what the command prints`, () => {
    const published = JSON.parse(fs.readFileSync(path.join(root, `docs/schemas/${kind}.schema.json`), 'utf8'));
    assert.deepEqual(published, schemas[kind]);
  });
}

test('docs/operators.md is what `edgy operators` prints', () => {
  const published = fs.readFileSync(path.join(root, 'docs/operators.md'), 'utf8');
  const printed = execFileSync(edgy, ['operators', '--markdown'], { encoding: 'utf8' });
  assert.equal(published, printed, 'write it again: make operators');
});

test("EDGY's files fit", () => {
  const configs = path.join(root, 'tests/data/nncf-configs');
  for (const name of fs.readdirSync(configs).filter((file) => file.endsWith('.json'))) {
    const text = fs.readFileSync(path.join(configs, name), 'utf8');
    const strict = text.replaceAll(/,(?=\s*[}\]])/g, '');
    assert.ok(validators.nncf(JSON.parse(strict)), `${name}: ${JSON.stringify(validators.nncf.errors)}`);
    assert.equal(parserRefuses(text), false, name);
  }
});

/** A document that holds `value` at a path of keys and list positions. */
const nested = (keys, value) => keys.reduceRight((inner, key) => ({ [key]: inner }), value);

/** Every property below a schema, with the keys that lead to it. */
function* properties(schema, keys = []) {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    yield [[...keys, key], property];
    const object = property.properties ? property : property.anyOf?.find((form) => form.properties);
    if (object) yield* properties(object, [...keys, key]);
  }
}

/** Two settings that only make sense with others. */
const partners = {
  multistep_steps: [10],
  multistep_sparsity_levels: [0.1, 0.2],
};

for (const [name, definition] of Object.entries(schemas.nncf.definitions)) {
  if (name === 'algorithm') continue;
  test(`every property of ${name}`, () => {
    const file = (keys, value) => ({ compression: { algorithm: name, ...nested(keys, value) } });
    agree('nncf', { compression: { algorithm: name } }, true);
    for (const [keys, property] of properties(definition)) {
      const key = keys.at(-1);
      if (key === 'algorithm' || property.description.includes('Has no effect')) continue;
      agree('nncf', file(keys, [[{}]]), false);
      agree('nncf', file([...keys.slice(0, -1), `${key}_`], 1), false);
      if ('default' in property && !(key in partners)) agree('nncf', file(keys, property.default), true);
    }
  });
}

test("every property of Edgy's own configuration", () => {
  agree('edgy', {}, true);
  for (const [keys, property] of properties(schemas.edgy)) {
    agree('edgy', nested(keys, [[{}]]), false);
    agree('edgy', nested([...keys.slice(0, -1), `${keys.at(-1)}_`], 1), false);
    if ('default' in property) agree('edgy', nested(keys, property.default), true);
  }
});

test('mistakes and less usual forms', () => {
  const quantization = (settings) => ({ compression: { algorithm: 'quantization', ...settings } });
  const sparsity = (params) => ({ compression: { algorithm: 'magnitude_sparsity', params } });
  const good = [
    { compression: [{ algorithm: 'rb_sparsity' }, { algorithm: 'quantization' }] },
    { input_info: [{ sample_size: [1, 2] }, { sample_size: ['3'] }], compression: { algorithm: 'const_sparsity' } },
    quantization({ weights: { bits: '4' }, ignored_scopes: ['a', '{re}b'] }),
    quantization({
      initializer: { range: [{ type: 'min_max' }, { type: 'percentile', params: { min_percentile: 1 } }] },
    }),
    quantization({
      initializer: {
        precision: {
          type: 'manual',
          bitwidth_per_scope: [
            [4, 'a'],
            ['8', 'b'],
          ],
        },
      },
    }),
    quantization({ scope_overrides: { weights: { '{re}.*': { bits: 4 } }, b: { mode: 'asymmetric' } } }),
    sparsity({
      sparsity_target: '0.5',
      sparsity_freeze_epoch: '12',
      power: '1e-1',
      ...partners,
      schedule: 'multistep',
    }),
  ];
  const bad = [
    [],
    { compression: [] },
    { compression: 'quantization' },
    { compression: { algorithm: 'quantisation' } },
    { compression: { params: {} } },
    { compression: { algorithm: 'quantization' }, target_device: 'PHONE' },
    { compression: { algorithm: 'quantization' }, input_info: [7] },
    quantization({ weights: { bits: 1 } }),
    quantization({ weights: { bits: 4.5 } }),
    quantization({ weights: { bits: 'four' } }),
    quantization({ ignored_scopes: [1] }),
    quantization({ initializer: { range: 'min_max' } }),
    quantization({ initializer: { precision: { bitwidth_per_scope: [[4]] } } }),
    quantization({ scope_overrides: { weights: { a: { bit: 4 } } } }),
    sparsity({ sparsity_target: 1 }),
    sparsity({ sparsity_target: 'half' }),
    sparsity({ ...partners, multistep_steps: [] }),
    sparsity({ schedule: 'linear' }),
  ];
  for (const document of good) agree('nncf', document, true);
  for (const document of bad) agree('nncf', document, false);
});
