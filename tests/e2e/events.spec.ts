/** Events in place of codes: the same in a plain session, in a seal and natively, of as many as there were in each run. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { e2eOutput, edgy, onnxModel } from '../lib/paths.mjs';
import { eventsOf } from './events_of.js';
import { type Bits, cases, expect, runNatively, test } from './fixtures.js';

const kSilence = 3;
const all = cases();
let bytes: string;
let native: number[][];
let codes: number[][];

test.beforeAll(() => {
  mkdirSync(e2eOutput, { recursive: true });
  const options = ['convert', onnxModel, '--precision', 'f32', '--front-end', 'edgy'];
  const [file, plain] = ['events.edgy', 'codes.edgy'].map((name) => path.join(e2eOutput, name)) as [string, string];
  execFileSync(edgy, [...options, '-o', plain], { stdio: 'pipe' });
  execFileSync(edgy, [...options, '-o', file, '--events', `indices:silence=${kSilence}`], { stdio: 'pipe' });
  bytes = readFileSync(file).toString('base64');
  native = all.map(({ mel }) => runNatively(file, mel).indices?.values ?? []);
  codes = all.map(({ mel }) => runNatively(plain, mel).indices?.values ?? []);
});

test('natively they are what the codes become', () => {
  expect(native).toEqual(codes.map((each) => eventsOf(each, kSilence)));
  expect(new Set(native.map(({ length }) => length)).size).toBeGreaterThan(1);
});

for (const worker of [true, false]) {
  test(`a session gives them, run after run (${worker ? 'in a worker' : 'on the page'})`, async ({ page, open }) => {
    await open(page);
    const { results, declared } = await page.evaluate(
      async ({ bytes, mels, worker }) => {
        const session = await kit.edgy.InferenceSession.create(kit.bytesOf(bytes), { worker });
        const results: (Bits | undefined)[] = [];
        // One length for two recordings, so that the second run has nothing planned anew.
        for (const mel of mels.flatMap((mel) => [mel, { ...mel, values: mel.values.map(() => 0) }, mel]))
          results.push(kit.outputsOf(await session.run({ mel: kit.melOf(mel) })).indices);
        return { results, declared: session.outputMetadata.find(({ name }) => name === 'indices') };
      },
      { bytes, worker, mels: all.map(({ mel: { dims, values } }) => ({ dims, values })) },
    );
    expect(declared).toMatchObject({
      shape: [1, 'events'],
      events: { leastRun: 2, classes: 512, silence: [kSilence] },
    });
    for (const [i, events] of native.entries()) {
      for (const result of [results[3 * i], results[3 * i + 2]])
        expect(result).toEqual({ dims: [1, events.length], values: events });
      expect(results[3 * i + 1]?.values.length).toBeLessThanOrEqual(1); // one sound, or silence
    }
  });
}

test('a seal gives them within the price that it prints', async ({ page, open }) => {
  await open(page, '/site/sealed.html');
  await page.waitForFunction(() => 'sealing' in globalThis);
  const { results, output, price } = await page.evaluate(
    async ({ bytes, mels }) => {
      const session = await sealing.createSealedSession(kit.bytesOf(bytes));
      const results: (Bits | undefined)[] = [];
      for (const mel of mels) results.push(kit.outputsOf(await session.run({ mel: kit.melOf(mel) })).indices);
      const { outputs, price } = session.report;
      return { results, output: outputs.find(({ name }) => name === 'indices'), price };
    },
    { bytes, mels: all.map(({ mel: { dims, values } }) => ({ dims, values })) },
  );
  expect(results.map((result) => result?.values)).toEqual(native);
  expect(output).toMatchObject({ level: 'high', handedOut: true, events: { leastRun: 2, classes: 512 } });
  expect(price.most).toBeCloseTo(3 + (output?.bitsPerSecond ?? 0));
  const seconds = all.map(({ mel }) => Math.max(1, ((mel.dims[2] as number) * 160) / 16000));
  expect(price.bits).toBeLessThanOrEqual(Math.ceil(seconds.reduce((sum, each) => sum + each * price.most, 0)));
  // What `edgy inspect` prints.
  const listed = JSON.parse(execFileSync(edgy, ['inspect', path.join(e2eOutput, 'events.edgy'), '--json']).toString());
  expect(listed.bits_per_second.indices).toBeCloseTo(output?.bitsPerSecond ?? 0);
});
