/**
 * What `edgy bundle` makes, in the browser: the outputs of the whole runtime in plain and sealed sessions, and refusals in words. Pages here
 * are isolated, so sessions that are to have the cut runtime ask for one thread: the runtime with threads is the whole one.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundled } from '../lib/bundled.mjs';
import { dist, models } from '../lib/paths.mjs';
import { serve } from '../lib/server.mjs';
import { cases, expect, test } from './fixtures.js';

const name = 'edgy-256-sparse.edgy';
const model = `/models/${name}`;
const other = '/models/edgy-256-f32.edgy';
const site = path.join(path.dirname(fileURLToPath(import.meta.url)), 'site');
const mels = cases().map(({ mel: { dims, values } }) => ({ dims, values }));
let folder: string;
let cut: Awaited<ReturnType<typeof serve>>;
let whole: Awaited<ReturnType<typeof serve>>;

test.beforeAll(async () => {
  test.setTimeout(600_000); // Binaryen, where the package's tests have not been run before
  folder = bundled(name).folder;
  [cut, whole] = (await Promise.all(
    ([folder, dist] as const).map((files) => serve({ '/site/': site, '/edgy/': files, '/models/': models })),
  )) as [typeof cut, typeof whole];
});

test.afterAll(() => {
  cut.close();
  whole.close();
});

/** What was served under its name is what lies in the folder of the bundle. */
const hashes = () => JSON.parse(readFileSync(path.join(folder, 'integrity.json'), 'utf8')).files;

for (const options of [
  { variant: 'relaxed', threads: 1 },
  { variant: 'simd', threads: 1 },
  { variant: 'relaxed', threads: 1, worker: false },
  { threads: 2 },
] as const) {
  test(`sessions compute what those of the whole runtime do: ${JSON.stringify(options)}`, async ({ page }) => {
    const seen = [];
    for (const { url } of [cut, whole]) {
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
            const { variant, isa, threads, wasmUrl } = session.runtimeInfo();
            const file = new URL(wasmUrl).pathname;
            const codes = Array.from((await encoder.encode(tone)).codes ?? [], Number);
            return { outputs, codes, variant, isa, threads, file };
          },
          { model, options, mels },
        ),
      );
    }
    expect(seen[0]?.outputs).toHaveLength(mels.length);
    expect(seen[0]?.codes.length).toBeGreaterThan(10);
    const build = options.threads === 2 ? 'relaxed-threads' : 'variant' in options ? options.variant : '';
    expect(seen[0]?.file).toBe(`/edgy/edgy-${build}.wasm`);
    expect(seen[0]).toEqual(seen[1]);
  });
}

for (const variant of ['relaxed', 'simd'] as const) {
  test(`sealed sessions do, too, and the page of the seal knows the cut runtime's hashes: ${variant}`, async ({
    page,
  }) => {
    const seen = [];
    for (const { url } of [cut, whole]) {
      await page.goto(`${url}/site/sealed.html`);
      await page.waitForFunction(() => 'sealing' in globalThis);
      seen.push(
        await page.evaluate(
          async ({ model, mels, variant }) => {
            const session = await sealing.createSealedSession(model, { level: 'low', variant });
            const outputs = [];
            for (const mel of mels) outputs.push(kit.outputsOf(await session.run({ mel: kit.melOf(mel) })));
            const tone = Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 10));
            outputs.push(kit.outputsOf((await session.encode(tone)).outputs));
            const { engine, wasm, policy } = session.report;
            return { outputs, engine, wasm, policy };
          },
          { model, mels, variant },
        ),
      );
    }
    expect(seen[0]?.outputs).toHaveLength(mels.length + 1);
    expect(seen[0]?.outputs).toEqual(seen[1]?.outputs);
    expect(seen[0]?.wasm).toBe(hashes()[`edgy-${variant}.wasm`].sha256);
    expect(seen[0]?.engine).toBe(hashes()['sealed-engine.txt'].sha256);
    expect(seen[0]?.wasm).not.toBe(seen[1]?.wasm);
    expect(seen[0]?.policy).toContain("connect-src 'none'");
  });
}

test('another model is refused in words, in the worker, out of it and in a seal, and the next session is none the worse', async ({
  page,
}) => {
  await page.goto(`${cut.url}/site/sealed.html`);
  await page.waitForFunction(() => 'sealing' in globalThis);
  const [refusals, codes] = await page.evaluate(
    async ({ model, other }) => {
      const refused = [];
      for (const worker of [true, false])
        refused.push(
          await kit.outcome(async () => {
            await kit.edgy.InferenceSession.create(other, { worker, threads: 1 });
          }),
        );
      refused.push(
        await kit.outcome(async () => {
          await sealing.createSealedSession(other, { level: 'low' });
        }),
      );
      const encoder = await kit.edgy.AudioEncoder.create(model, { threads: 1 });
      return [refused, (await encoder.encode(new Float32Array(8000))).codes?.length ?? 0] as const;
    },
    { model, other },
  );
  expect(refusals).toHaveLength(3);
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({ code: 'unsupported-model', typed: true });
    expect('message' in refusal && refusal.message).toMatch(
      /cut .* to what edgy-256-sparse\.edgy needs: .* is not in it/,
    );
  }
  expect(codes).toBeGreaterThan(10);
});

test('a whole runtime in the place of the cut one does not enter the seal', async ({ page }) => {
  await page.route('**/edgy/edgy-relaxed.wasm', (route) =>
    route.fulfill({ path: path.join(dist, 'edgy-relaxed.wasm'), contentType: 'application/wasm' }),
  );
  await page.goto(`${cut.url}/site/sealed.html`);
  await page.waitForFunction(() => 'sealing' in globalThis);
  const refusal = await page.evaluate(
    (model) =>
      kit.outcome(async () => {
        await sealing.createSealedSession(model, { variant: 'relaxed' });
      }),
    model,
  );
  expect(refusal).toMatchObject({ code: 'sealed', typed: true });
});
