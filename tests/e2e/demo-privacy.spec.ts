/** What the demo page says about privacy: levels, attackers, and the copy that makes it work offline. */
import { createSocket } from 'node:dgram';
import { expect, type Page, test } from './demo-page.js';

const level = (page: Page, name: string) => page.getByRole('radio', { name: new RegExp(`^${name}`) });
const names = (page: Page, column: number) =>
  page.locator('.attack-card').nth(column).locator('.attack-question').first().locator('.belief-name');

test('hands out codes alone by default, and shows their size', async ({ page, demo, open }) => {
  await open(page, demo);
  await expect(level(page, 'High')).toBeChecked();
  await expect(page.locator('#rate')).toHaveText(/^450\sbits$/);
  await expect(page.locator('#lane-codes')).toBeVisible();
  for (const lane of ['#lane-mel', '#lane-z', '#lane-voice']) await expect(page.locator(lane)).toBeHidden();
  // The numbers are the codes of the recording.
  const codes = await page.locator('#out-numbers').textContent();
  expect(codes).toMatch(/^(\d+ ){24}and \d+ more$|^(\d+ ?)+$/);
});

test('switches levels by keyboard and shows what each hands out', async ({ page, demo, open, colorsOf }) => {
  await open(page, demo);
  await level(page, 'High').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(level(page, 'Moderate')).toBeChecked();
  await expect(page.locator('#lane-voice')).toBeVisible();
  await expect(page.locator('#rate-note')).toContainText('once');
  expect(await colorsOf(page, '#out-voice')).toBeGreaterThan(10);
  await page.keyboard.press('ArrowLeft');
  await expect(level(page, 'Low')).toBeChecked();
  for (const lane of ['mel', 'z', 'codes']) {
    await expect(page.locator(`#lane-${lane}`)).toBeVisible();
    expect(await colorsOf(page, `#out-${lane}`), lane).toBeGreaterThan(20);
  }
  await expect(page.locator('#lane-voice')).toBeHidden();
  await expect(page.locator('#rate')).toHaveText(/^359\skbit$/);
});

test('attackers name the reader, and say how often they are right', async ({ page, demo, open }) => {
  await open(page, demo);
  await expect(page.locator('.attack-card')).toHaveCount(3);
  // Log-mel is as good as the sound itself; if that attacker fails, the pooling here is not that of the converter.
  await expect(names(page, 0).first()).toContainText('Reader 367');
  await page.getByRole('button', { name: /Reader 1688/ }).click();
  await expect(page.locator('#stage-title')).toHaveText('Reader 1688');
  await expect(names(page, 0).first()).toContainText('Reader 1688');
  await expect(page.locator('.attack-note').first()).toHaveText(/^Right for \d+\s%.*most frequent answer: \d+\s%\.$/);
  await expect(page.locator('.attack-card[data-out=true]')).toHaveCount(1);
  await level(page, 'Low').check();
  await expect(page.locator('.attack-card[data-out=true]')).toHaveCount(3);
});

test('a borrowed voice vector misleads about the vector, not about the codes', async ({ page, demo, open }) => {
  await open(page, demo);
  await level(page, 'Moderate').check();
  await expect(names(page, 1).first()).toContainText('Reader 367');
  const codes = await names(page, 2).first().textContent();
  await page.getByLabel('Whose voice').selectOption({ label: 'Reader 2609' });
  await expect(names(page, 1).first()).toContainText('Reader 2609');
  await expect(names(page, 2).first()).toHaveText(codes as string);
  await expect(page.locator('#attack-verdict')).toContainText('The voice vector points to Reader 2609');
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

test('the copy holds the files of this page and nothing else', async ({ page, demo, open }) => {
  await open(page, demo);
  const kept = await page.evaluate(async () => {
    const [name] = await caches.keys();
    const cache = await caches.open(name as string);
    return (await cache.keys()).map(({ url }) => url);
  });
  expect(kept.every((url) => url.startsWith(demo))).toBe(true);
  for (const needed of [demo, `${demo}models/edgy-256-sparse.edgy`, `${demo}attackers/edgy-256.json`]) {
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

test('what no policy forbids has a wall: no datagram of WebRTC leaves the page', async ({ page, demo, open }) => {
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
    await other.goto(`${demo}plain`);
    await ask(other, control.address);
    await expect.poll(() => control.seen.datagrams, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(walled.seen.datagrams).toBe(0);
  } finally {
    walled.socket.close();
    control.socket.close();
  }
});
