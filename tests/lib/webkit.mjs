// WebKitGTK, driven by WebDriver over HTTP: one page. Playwright's own protocol does not drive the system's WebKit.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';

/** WEBKIT_DRIVER and XVFB name others. `toolchain/setup webkit` installs both. */
const driver = process.env.WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const display = process.env.XVFB ?? '/usr/bin/Xvfb';
const browsers = ['webkit2gtk-4.1', 'webkit2gtk-4.0'].map((name) => `/usr/lib/x86_64-linux-gnu/${name}/MiniBrowser`);

/** What of it is missing; '' where all is there. */
export function missingWebKit() {
  const missing = [driver, display].filter((file) => !existsSync(file));
  if (!browsers.some((file) => existsSync(file))) missing.push(browsers[0]);
  return missing.join(' and ');
}

/** A port that nobody listens on. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(() => resolve(undefined)));
  return port;
}

/** A display without a screen, under a number that it chooses: [process, its name]. */
async function startDisplay() {
  const x = spawn(display, ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise((resolve, reject) => {
    x.once('error', reject);
    x.once('exit', () => reject(new Error(`${display} ended`)));
    /** @type {import('node:stream').Readable} */ (x.stdio[3]).once('data', (bytes) => resolve(String(bytes).trim()));
  });
  return /** @type {const} */ ([x, `:${number}`]);
}

/**
 * Opens `url`. `call(name, ...arguments)` awaits globalThis.kit[name](...arguments) in the page; all values are JSON.
 */
export async function openWebKit(url) {
  const port = await freePort();
  const [x, name] = await startDisplay();
  const environment = { ...process.env, DISPLAY: name, WEBKIT_DISABLE_COMPOSITING_MODE: '1' };
  // Its sandbox needs a user who is not root.
  if (process.getuid?.() === 0) environment.WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS = '1';
  const server = spawn(driver, [`--port=${port}`], { env: environment, stdio: 'ignore' });
  const close = () => {
    server.kill();
    x.kill();
  };
  const send = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`WebKitWebDriver: ${value.error}: ${value.message}`);
    return value;
  };
  try {
    for (let i = 0; ; i++) {
      if (await send('GET', '/status').catch(() => undefined)) break;
      if (i === 100) throw new Error(`${driver} does not answer`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const binary = browsers.find((file) => existsSync(file));
    const { sessionId } = await send('POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } } },
    });
    const session = `/session/${sessionId}`;
    await send('POST', `${session}/timeouts`, { script: 600_000, pageLoad: 300_000 });
    await send('POST', `${session}/url`, { url });
    const call = async (method, ...parameters) => {
      const script = `const done = arguments[arguments.length - 1];
        const wait = () => globalThis.kit
          ? globalThis.kit[arguments[0]](...arguments[1]).then((value) => done({ value }), (error) => done({ error: String(error) }))
          : setTimeout(wait, 50);
        wait();`;
      const { value, error } = await send('POST', `${session}/execute/async`, { script, args: [method, parameters] });
      if (error !== undefined) throw new Error(error);
      return value;
    };
    return {
      call,
      close: async () => {
        await send('DELETE', session).catch(() => {});
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}
