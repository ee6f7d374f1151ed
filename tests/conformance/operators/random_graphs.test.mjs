// Random graphs give onnxruntime's results or are refused while they are converted: none is wrong, none is converted and does not
// run. RANDOM_GRAPHS=5000 takes so many of them, FIRST=... begins at another seed; failures print theirs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import * as ort from 'onnxruntime-web';
import { formatNpy, parseNpy } from '../../lib/npy.mjs';
import { edgy } from '../../lib/paths.mjs';
import { randomGraph } from './random_graph.mjs';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'fatal';
const run = promisify(execFile);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgy-random-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const first = Number(process.env.FIRST ?? 1);
const count = Number(process.env.RANDOM_GRAPHS ?? 150);
const tolerance = 2e-4;

/** onnxruntime's results for each feed; nothing for a graph that it does not take. */
async function expectedOf(bytes, feeds) {
  try {
    const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'], logSeverityLevel: 4 });
    const results = [];
    for (const { data, dims } of feeds) results.push(await session.run({ x: new ort.Tensor('float32', data, dims) }));
    await session.release();
    return results;
  } catch {
    return undefined;
  }
}

/** What becomes of a seed: 'same', 'no case', or { refused } */
async function judge(seed) {
  const { bytes, feeds, operators } = randomGraph(seed);
  const expected = await expectedOf(bytes, feeds);
  if (!expected) return 'no case';
  const what = `seed ${seed} (${operators.join(', ')})`;
  const onnx = path.join(folder, `${seed}.onnx`);
  const converted = path.join(folder, `${seed}.edgy`);
  fs.writeFileSync(onnx, bytes);
  try {
    await run(edgy, ['convert', onnx, '-o', converted, '--precision', 'f32']);
  } catch (error) {
    assert.equal(error.code, 1, `${what}: ${error.stderr}`);
    return { refused: `${what}: ${error.stderr.trim()}` };
  }
  for (const [i, { data, dims }] of feeds.entries()) {
    const feed = path.join(folder, `${seed}.npy`);
    fs.writeFileSync(feed, formatNpy(data, dims));
    const out = path.join(folder, `${seed}`);
    try {
      await run(edgy, ['run', converted, '--input', `x=${feed}`, '-o', out]);
    } catch (error) {
      assert.fail(`${what} of [${dims}] converts and does not run: ${error.stderr}`);
    }
    for (const [name, right] of Object.entries(expected[i])) {
      const y = parseNpy(fs.readFileSync(path.join(out, `${name}.npy`)));
      assert.deepEqual([...y.dims], [...right.dims], `${what} of [${dims}]: ${name}`);
      for (let k = 0; k < y.data.length; k++) {
        const [a, b] = [Number(y.data[k]), Number(right.data[k])];
        const same = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * (1 + Math.abs(b));
        assert.ok(same, `${what} of [${dims}]: ${name}[${k}] is ${a}, right is ${b}`);
      }
    }
    fs.rmSync(out, { recursive: true, force: true });
  }
  return 'same';
}

test('random graphs are right or refused', async () => {
  const tally = { same: 0, 'no case': 0 };
  const refused = [];
  const wrong = [];
  let next = first;
  const work = async () => {
    while (next < first + count) {
      const seed = next++;
      try {
        const outcome = await judge(seed);
        if (typeof outcome === 'string') tally[outcome]++;
        else refused.push(outcome.refused);
      } catch (error) {
        wrong.push(error.message);
      }
    }
  };
  await Promise.all([work(), work()]);
  console.log(`${tally.same} same, ${refused.length} refused, ${wrong.length} wrong, ${tally['no case']} no cases`);
  if (process.env.SHOW_REFUSED) console.log(refused.join('\n'));
  assert.deepEqual(wrong, []);
  assert.ok(tally.same > count / 2, `${tally.same} of ${count} were compared`);
});
