/** A page whose browser checks every script: `Integrity-Policy` with an import map. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { dist, models } from '../lib/paths.mjs';
import { serve } from '../lib/server.mjs';
import { expect, test } from './fixtures.js';

const { files } = JSON.parse(readFileSync(path.join(dist, 'integrity.json'), 'utf8')) as {
  files: Record<string, { integrity: string }>;
};
/** A script that modules import without asking. */
const shared = 'shared.js';

const html = (head = '') => `<!doctype html><link rel="icon" href="data:,"><title>Integrity</title>${head}`;

/** Of the demo's encoder: the types of its outputs, or what went wrong. In the page. */
async function outputs() {
  try {
    const { InferenceSession, Tensor } = (await import(
      /* @vite-ignore */ `${location.origin}/edgy/index.js`
    )) as typeof import('edgy');
    const session = await InferenceSession.create('/models/edgy-256-int8.edgy', { threads: 1 });
    const results = await session.run({ mel: new Tensor('float32', new Float32Array(8000), [1, 80, 100]) });
    return Object.keys(results).join();
  } catch (error) {
    return String(error);
  }
}

test('under Integrity-Policy, with the hashes of integrity.json in an import map', async ({ page }) => {
  const integrity = Object.fromEntries(
    Object.entries(files)
      .filter(([name]) => name.endsWith('.js'))
      .map(([name, { integrity }]) => [`/edgy/${name}`, integrity]),
  );
  const map = (map: Record<string, string>) =>
    `<script type="importmap">${JSON.stringify({ integrity: map })}</script>`;
  const { [`/edgy/${shared}`]: _, ...others } = integrity;
  const headers = { 'Integrity-Policy': 'blocked-destinations=(script)' };
  const answer = (head: string) => ({ type: 'text/html', headers, body: html(head) });
  const server = await serve(
    { '/edgy/': dist, '/models/': models },
    {
      '/all': answer(map(integrity)),
      '/without-one': answer(map(others)),
      '/none': answer(''),
      '/wrong': answer(map({ ...integrity, [`/edgy/${shared}`]: files['index.js']?.integrity ?? '' })),
    },
  );
  try {
    const seen: Record<string, string> = {};
    for (const name of ['all', 'without-one', 'none', 'wrong']) {
      await page.goto(`${server.url}/${name}`);
      seen[name] = await page.evaluate(outputs);
    }
    expect(seen['all']).toBe('z,indices,quantized');
    for (const name of ['without-one', 'none', 'wrong'])
      expect(seen[name], name).toContain('Failed to fetch dynamically imported module');
  } finally {
    server.close();
  }
});
