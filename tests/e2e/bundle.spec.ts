/** What `edgy bundle` makes, in the browser: the codes of the whole runtime in plain, threaded and sealed sessions, and refusals in words. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dist, e2eOutput, models, root } from '../lib/paths.mjs';
import { serve } from '../lib/server.mjs';
import { cases, expect, test } from './fixtures.js';

const name = 'edgy-256-sparse.edgy';
const site = path.join(path.dirname(fileURLToPath(import.meta.url)), 'site');
const mels = cases().map(({ mel: { dims, values } }) => ({ dims, values }));
let folder: string;
let servers: Awaited<ReturnType<typeof serve>>[];

test.beforeAll(async () => {
  test.setTimeout(900_000); // Binaryen on three runtimes
  mkdirSync(e2eOutput, { recursive: true });
  folder = mkdtempSync(path.join(e2eOutput, 'bundle-'));
  const command = path.join(root, 'wasm/npm/bin/edgy.mjs');
  execFileSync(process.execPath, [command, 'bundle', path.join(models, name), '-o', folder], { stdio: 'pipe' });
  servers = await Promise.all(
    [folder, dist].map((files) => serve({ '/site/': site, '/edgy/': files, '/models/': models })),
  );
});

test.afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

for (const options of [
  { variant: 'relaxed' },
  { variant: 'simd' },
  { variant: 'relaxed', worker: false },
  { threads: 2 },
] as const) {
  test(`the cut runtime computes what the whole one does: ${JSON.stringify(options)}`, async ({ page }) => {
    const seen: unknown[] = [];
    for (const { url } of servers) {
      await page.goto(`${url}/site/`);
      await page.waitForFunction(() => 'kit' in globalThis);
      seen.push(
        await page.evaluate(
          async ({ model, options, mels }) => {
            const session = await kit.edgy.InferenceSession.create(model, options);
            const outputs = [];
            for (const mel of mels) outputs.push(kit.outputsOf(await session.run({ mel: kit.melOf(mel) })));
            const encoder = await kit.edgy.AudioEncoder.create(model, options);
            const tone = Float32Array.from({ length: 16_000 }, (_, i) => Math.sin(i / 10));
            const { variant, isa } = session.runtimeInfo();
            return { outputs, codes: Array.from((await encoder.encode(tone)).codes, Number), variant, isa };
          },
          { model: `/models/${name}`, options, mels },
        ),
      );
    }
    expect(seen[0]).toEqual(seen[1]);
  });
}

test('sealed sessions take the cut runtime, whose hashes the page of the seal knows', async ({ page }) => {
  const seen: unknown[] = [];
  for (const { url } of servers) {
    await page.goto(`${url}/site/sealed.html`);
    await page.waitForFunction(() => 'sealing' in globalThis);
    seen.push(
      await page.evaluate(async (model) => {
        const session = await sealing.createSealedSession(model, { level: 'low' });
        const tone = Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 10));
        return kit.outputsOf((await session.encode(tone)).outputs);
      }, `/models/${name}`),
    );
  }
  expect(seen[0]).toEqual(seen[1]);
});

test('another model is refused, in the worker and out of it, and the next session is none the worse', async ({
  page,
}) => {
  await page.goto(`${servers[0]?.url}/site/`);
  await page.waitForFunction(() => 'kit' in globalThis);
  const [refusals, codes] = await page.evaluate(async (model) => {
    const other = '/models/edgy-256-f32.edgy';
    const refused = [];
    for (const worker of [true, false])
      refused.push(await kit.outcome(() => kit.edgy.InferenceSession.create(other, { worker })));
    const encoder = await kit.edgy.AudioEncoder.create(model);
    return [refused, (await encoder.encode(new Float32Array(8000))).codes.length] as const;
  }, `/models/${name}`);
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({ code: 'unsupported-model', typed: true });
    expect('message' in refusal && refusal.message).toContain(`to what ${name} needs`);
  }
  expect(codes).toBeGreaterThan(10);
});
