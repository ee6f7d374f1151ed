/** What the demo page says about privacy: levels, attackers, and the copy that makes it work offline. */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { edgy, root } from '../lib/paths.mjs';
import { expect, type Page, test } from './demo-page.js';
import { eventsOf } from './events_of.js';

const level = (page: Page, name: string) => page.getByRole('radio', { name: new RegExp(`^${name}`) });
const card = (page: Page, name: string) => page.locator(`.attack-card[data-level=${name}]`);
const guess = (page: Page, name: string) =>
  card(page, name).locator('.attack-question').first().locator('.belief-name').first();
const figures = JSON.parse(readFileSync(path.join(root, 'web-demo/models/private-8-figures.json'), 'utf8'));

test('hands out events of classes alone by default, at the price that the converter prints', async ({
  page,
  demo,
  open,
}) => {
  await open(page, demo);
  await expect(level(page, 'High')).toBeChecked();
  const model = path.join(root, 'web-demo/models/private-8-sparse.edgy');
  const { bits_per_second: price } = JSON.parse(execFileSync(edgy, ['inspect', model, '--json']).toString());
  const [high, moderate] = [price.indices, price.indices + price.phones].map((bits) => Math.round(bits));
  await expect(page.locator('#rate')).toHaveText(new RegExp(`^${high}\\sbits$`));
  await expect(page.locator('#price-high')).toHaveText(new RegExp(`at most ${high}\\sbits/s`));
  await expect(page.locator('#price-moderate')).toHaveText(new RegExp(`at most ${moderate}\\sbits/s`));
  await expect(page.locator('#price-low')).toHaveText(/^358\skbit\/s$|^359\skbit\/s$/);
  await expect(page.locator('#lane-classes')).toBeVisible();
  for (const lane of ['#lane-mel', '#lane-z', '#lane-phones']) await expect(page.locator(lane)).toBeHidden();
  // Classes are 1..7: silence is no event, and no two alike are side by side.
  const text = (await page.locator('#out-classes-text').textContent()) as string;
  expect(text).toMatch(/^([1-7] ){23}[1-7]( and \d+ more)?$|^([1-7] ?)+$/);
  expect(text).not.toMatch(/\b(\d) \1\b/);
});

test('switches levels by keyboard and shows what each hands out', async ({ page, demo, open, colorsOf }) => {
  await open(page, demo);
  await level(page, 'High').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(level(page, 'Moderate')).toBeChecked();
  await expect(page.locator('#lane-phones')).toBeVisible();
  await expect(page.locator('#rate-note')).toContainText('at most');
  expect(await colorsOf(page, '#out-phones')).toBeGreaterThan(10);
  await expect(page.locator('#out-phones-text')).toHaveText(/^([A-Z]{1,2} )+/);
  await page.keyboard.press('ArrowLeft');
  await expect(level(page, 'Low')).toBeChecked();
  for (const lane of ['mel', 'z']) {
    await expect(page.locator(`#lane-${lane}`)).toBeVisible();
    expect(await colorsOf(page, `#out-${lane}`), lane).toBeGreaterThan(20);
  }
});

test('the codes that the page draws become the events that it hands out', async ({ page, demo, open }) => {
  // Of the same weights under two policies; what becomes of codes is in tests/e2e/events.spec.ts.
  await open(page, demo);
  const answers = await page.evaluate(async () => {
    const app = (window as unknown as { __edgyEncoding: any }).__edgyEncoding;
    return {
      frames: [...app.frames.classes],
      events: [...app.events.classes],
      phones: [...app.frames.phones],
      said: [...app.events.phones],
    };
  });
  expect(answers.events).toEqual(eventsOf(answers.frames));
  expect(answers.said).toEqual(eventsOf(answers.phones));
  expect(answers.events.length).toBeGreaterThan(5);
});

test('attackers name the reader from the log-mel, and stand beside what was measured', async ({ page, demo, open }) => {
  await open(page, demo);
  await expect(page.locator('.attack-card')).toHaveCount(3);
  // Log-mel is as good as the sound itself; if that attacker fails, the pooling here is not that of the converter.
  await expect(guess(page, 'low')).toContainText('Reader 367');
  await page.getByRole('button', { name: /Reader 1688/ }).click();
  await expect(page.locator('#stage-title')).toHaveText('Reader 1688');
  await expect(guess(page, 'low')).toContainText('Reader 1688');
  for (const name of ['low', 'moderate', 'high']) {
    const shares = await card(page, name).locator('.measured .belief-share').allTextContents();
    const { six, four, twenty, sex } = figures.levels[name];
    for (const [at, { value, chance, text }] of [six, four, twenty, sex].entries()) {
      expect(shares[at]).toContain(`${Math.round(100 * value)}`);
      expect(shares[at]).toContain(`chance ${Math.round(100 * chance)}`);
      if (text !== undefined) expect(shares[at]).toContain(`words alone ${Math.round(100 * text)}`);
    }
  }
  await expect(card(page, 'high')).toHaveAttribute('data-out', 'true');
  await expect(page.locator('#still-leaks')).toContainText(
    `${Math.round(100 * figures.levels.high.twenty.value)}\u202f%`,
  );
  await level(page, 'Low').check();
  await expect(card(page, 'low')).toHaveAttribute('data-out', 'true');
  await expect(page.locator('#attack-verdict')).toContainText('Reader 1688');
  await expect(page.locator('#attack-verdict')).toHaveAttribute('data-state', 'told');
});

test('is installable', async ({ page, demo, open }) => {
  await open(page, demo);
  const client = await page.context().newCDPSession(page);
  const { errors } = await client.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  // A headless browser's contexts are all incognito.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});

test('opens without a network after one visit, and says that nothing was sent', async ({
  page,
  demo,
  open,
  context,
}) => {
  await open(page, demo);
  await expect(page.locator('#offline')).toHaveAttribute('data-state', 'kept');
  await expect(page.locator('#startup')).toContainText('Offline copy');
  await expect(page.locator('#verdict')).toHaveText('None since start-up.');
  await context.setOffline(true);
  await page.reload();
  await open(page);
  await expect(page.locator('#startup-title')).toHaveText(/ answered on this device/);
  await expect(page.locator('#verdict')).toHaveText('None since start-up.');
  await page.getByRole('button', { name: /First digits of pi/ }).click();
  await expect(page.locator('#stage-title')).toHaveText('First digits of pi');
  await open(page);
  // What the copy answers is listed, and is no request to the network.
  await page.evaluate(() => fetch('speech/fsdd-digits.flac').then((response) => response.arrayBuffer()));
  await expect(page.locator('#after')).toContainText('on this device');
  await expect(page.locator('#verdict')).toHaveText('None since start-up.');
});

test('the copy holds the files of this page and nothing else', async ({ page, site, demo, open }) => {
  await open(page, demo);
  const kept = await page.evaluate(async () => {
    const [name] = await caches.keys();
    const cache = await caches.open(name as string);
    return (await cache.keys()).map(({ url }) => url);
  });
  expect(kept.every((url) => url.startsWith(site))).toBe(true);
  for (const needed of [demo, `${site}models/private-8-sparse.edgy`, `${site}attackers/private-8.json`]) {
    expect(kept).toContain(needed);
  }
});

test('the seal withstands every attempt, also without a network', async ({ page, demo, open, context }) => {
  await open(page, demo);
  await expect(page.locator('#seal-verdict')).toHaveText('Closed.');
  await context.setOffline(true);
  const button = page.getByRole('button', { name: 'Verify the seal' });
  await button.click();
  await expect(page.locator('#seal-verdict')).toHaveText(/^\d+ attempts, none got out\.$/, { timeout: 60_000 });
  expect(await page.locator('#seal-findings li').count()).toBeGreaterThanOrEqual(25);
  await expect(page.locator('#seal-findings li[data-blocked=false]')).toHaveCount(0);
  await expect(page.locator('#verdict')).toHaveText('None since start-up.');
  await expect(button).toBeEnabled();
});

test('says when something gets out of the seal', async ({ page, demo, open }) => {
  // The seal taken off: a frame with an origin, whose document a page can read.
  await page.addInitScript(() => {
    const create = document.createElement.bind(document);
    document.createElement = ((name: string) => {
      const made = create(name);
      if (name !== 'iframe') return made;
      Object.defineProperty(made, 'contentDocument', { value: document });
      return made;
    }) as typeof document.createElement;
  });
  await open(page, demo);
  await page.getByRole('button', { name: 'Verify the seal' }).click();
  await expect(page.locator('#seal-verdict')).toHaveText(/^1 of \d+ attempts got out/, { timeout: 60_000 });
  await expect(page.locator('#seal-findings li[data-blocked=false]')).toContainText('Read the frame’s document');
});

test('works on when the seal cannot be closed, and says so', async ({ page, demo, open }) => {
  await page.route('**/sealed-engine-*.txt', (route) => route.abort());
  await open(page, demo);
  await expect(page.locator('#seal-verdict')).toHaveText(/^The seal could not be closed here/);
  await expect(page.getByRole('button', { name: 'Verify the seal' })).toBeDisabled();
  await expect(page.locator('#verdict')).toHaveText('None since start-up.');
});

test('what no policy forbids has a wall: no datagram of WebRTC leaves the page', async ({ page, site, demo, open }) => {
  const collect = async () => {
    const seen = { datagrams: 0 };
    const socket = createSocket('udp4').on('message', () => seen.datagrams++);
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return { seen, socket, address: `stun:127.0.0.1:${socket.address().port}` };
  };
  const ask = (from: Page, urls: string) =>
    from.evaluate(async (urls) => {
      const connection = new RTCPeerConnection({ iceServers: [{ urls }] });
      connection.createDataChannel('leak');
      await connection.setLocalDescription(await connection.createOffer());
      Object.assign(globalThis, { connection });
    }, urls);
  const [walled, control] = [await collect(), await collect()];
  try {
    await open(page, demo);
    await expect(page.locator('#seal-verdict')).toHaveText('Closed.');
    const header = await page.evaluate(async () => (await fetch(location.href)).headers.get('connection-allowlist'));
    expect(header).toBe('(response-origin)');
    await ask(page, walled.address).catch(() => {});
    // The same words on a page of the same site that comes without the header.
    const other = await page.context().newPage();
    await other.route('**/plain', (route) => route.fulfill({ contentType: 'text/html', body: '<title>Plain</title>' }));
    await other.goto(`${site}plain`);
    await ask(other, control.address);
    await expect.poll(() => control.seen.datagrams, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(walled.seen.datagrams).toBe(0);
  } finally {
    walled.socket.close();
    control.socket.close();
  }
});
