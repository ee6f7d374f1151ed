// ONNX's own tests of single nodes: none is wrong, and none of those that passed once (passes.txt) is refused again.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { data, readPasses, runCases } from './cases.mjs';

const there = fs.existsSync(data);
const skip = there ? false : `${data} is not there: install libonnx-testdata, or name its folder in ONNX_NODE_TESTS`;

test("ONNX's node tests", { skip }, async () => {
  const results = await runCases();
  const names = (outcome) => Object.keys(results).filter((name) => results[name].outcome === outcome);
  console.log(
    ['pass', 'refused', 'wrong', 'out of scope'].map((outcome) => `${names(outcome).length} ${outcome}`).join(', '),
  );
  assert.deepEqual(Object.fromEntries(names('wrong').map((name) => [name, results[name].reason])), {});
  const lost = readPasses().filter((name) => results[name] && results[name].outcome !== 'pass');
  assert.deepEqual(Object.fromEntries(lost.map((name) => [name, results[name].reason])), {});
  const found = names('pass').filter((name) => !readPasses().includes(name));
  assert.deepEqual(found, [], 'these pass now: add them by `node tests/conformance/nodes/cases.mjs --update`');
});
