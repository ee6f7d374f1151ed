import { kLimitBytes, measureFile } from '../bench/size.mjs';
import { expect, test } from './fixtures.js';

const limitOf = (build: string) => kLimitBytes[build] ?? 0;

for (const { build, variant, threads, scripts } of [
  { build: 'relaxed', variant: 'relaxed', threads: 1, scripts: ['index.js', 'shared.js', 'worker.js'] },
  { build: 'simd', variant: 'simd', threads: 1, scripts: ['index.js', 'shared.js', 'worker.js'] },
  { build: 'simd-threads', variant: 'simd', threads: 2, scripts: ['index.js', 'shared.js', 'worker-threads.js'] },
  { build: 'relaxed-threads', variant: 'auto', threads: 2, scripts: ['index.js', 'shared.js', 'worker-threads.js'] },
] as const) {
  test(`what a browser loads of the runtime (${build}) stays below ${limitOf(build) / 1000} kB`, async ({
    page,
    open,
    server,
  }) => {
    const urls = new Set<string>();
    page.on('request', (request) => urls.add(request.url()));
    await open(page);
    await page.evaluate(
      async (options) => {
        const session = await kit.edgy.InferenceSession.create('/models/edgy-256-int8.edgy', options);
        await session.run({ mel: new kit.edgy.Tensor('float32', new Float32Array(8000), [1, 80, 100]) });
      },
      { variant, threads },
    );
    const files = [...urls]
      .filter((url) => url.startsWith(`${server}/edgy/`))
      .map((url) => url.slice(`${server}/edgy/`.length));
    expect(files.toSorted()).toEqual([`edgy-${build}.wasm`, ...scripts]);
    const bytes = files.map((file) => measureFile(file).brotli).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThanOrEqual(limitOf(build));
  });
}
