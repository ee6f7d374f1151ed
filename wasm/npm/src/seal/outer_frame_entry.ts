/**
 * The script of seal.htm, the outer frame. It makes the inner frame, which the policy of this page keeps from going anywhere else,
 * hands the page's port on to it, and then has nothing left to do.
 */
import { messageOf } from '../errors/errors.js';
import { kLanguage, lockDown } from './lockdown.js';
import type { Handover, Handshake } from './protocol.js';
import { trusted } from './trusted.js';

/** The inner frame's page. Replaced by the build script. */
declare const EDGY_INNER_PAGE: string;

const { parent } = globalThis;
const policy = document.querySelector('meta[http-equiv]')?.getAttribute('content') ?? '';
const frame = document.createElement('iframe');
frame.setAttribute('sandbox', 'allow-scripts');
frame.srcdoc = trusted().html(EDGY_INNER_PAGE);

const waiting: MessagePort[] = [];
let inner: Window | null = null;
let done = false;
let trouble = '';

function handOver(port: MessagePort): void {
  inner?.postMessage({ edgy: 'seal', policy, trouble } satisfies Handover, '*', [port]);
}

addEventListener('message', ({ data, ports, source }: MessageEvent<Handshake>) => {
  const [port] = ports;
  if (source !== parent || data?.edgy !== 'seal' || !port || done) return;
  done = true;
  if (inner) handOver(port);
  else waiting.push(port);
});

frame.onload = () => {
  inner = frame.contentWindow;
  try {
    lockDown(document, ['location']);
    lockDown(globalThis, [...kLanguage, 'window', 'document', 'location', 'top', '0']);
  } catch (error) {
    trouble = `The outer frame is not closed. ${messageOf(error)}`;
  }
  for (const port of waiting) handOver(port);
};
document.documentElement.append(frame);
