import { kLimitBytes, measureFile } from '../bench/size.mjs';
import { expect, test } from './fixtures.js';

for (const variant of ['relaxed', 'simd'] as const) {
  test(`what a browser loads of the runtime (${variant}) stays below ${kLimitBytes / 1000} kB`, async ({
    page,
    open,
    server,
  }) => {
    const urls = new Set<string>();
    page.on('request', (request) => urls.add(request.url()));
    await open(page);
    await page.evaluate(async (variant) => {
      const session = await kit.edgy.InferenceSession.create('/models/edgy-256-int8.edgy', { variant, threads: 1 });
      await session.run({ mel: new kit.edgy.Tensor('float32', new Float32Array(8000), [1, 80, 100]) });
    }, variant);
    const files = [...urls]
      .filter((url) => url.startsWith(`${server}/edgy/`))
      .map((url) => url.slice(`${server}/edgy/`.length));
    expect(files.toSorted()).toEqual([`edgy-${variant}.wasm`, 'engine.js', 'index.js', 'shared.js', 'worker.js']);
    const bytes = files.map((file) => measureFile(file).brotli).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThanOrEqual(kLimitBytes);
  });
}
