/** The bundled recordings as buttons, each with the shape of its sound. */
import { type Clip, kClips } from '../clips';
import { kSampleRate } from '../engine';
import { seconds } from '../format';

const kBars = 44;

export class ClipList {
  readonly #buttons = new Map<string, HTMLButtonElement>();

  constructor(onChoose: (clip: Clip) => void) {
    const list = document.getElementById('clips') as HTMLElement;
    for (const clip of kClips) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'clip';
      button.disabled = true;
      button.setAttribute('aria-pressed', 'false');
      button.append(
        span('clip-title', clip.title),
        span('clip-note', clip.note),
        span('clip-shape', ''),
        span('clip-length', ''),
      );
      button.addEventListener('click', () => onChoose(clip));
      this.#buttons.set(clip.id, button);
      const item = document.createElement('li');
      item.append(button);
      list.append(item);
    }
  }

  ready(id: string, pcm: Float32Array): void {
    const button = this.#buttons.get(id);
    if (!button) return;
    button.disabled = false;
    button.querySelector('.clip-shape')?.replaceChildren(shape(pcm));
    const length = button.querySelector('.clip-length');
    if (length) length.textContent = seconds(pcm.length / kSampleRate);
  }

  /** Undefined: none of them, but a file or the microphone. */
  choose(id: string | undefined): void {
    for (const [own, button] of this.#buttons) button.setAttribute('aria-pressed', String(own === id));
  }
}

function span(className: string, text: string): HTMLSpanElement {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}

function shape(pcm: Float32Array): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', `0 0 ${kBars * 3} 24`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svg.namespaceURI, 'path');
  const peaks = Array.from({ length: kBars }, (_, bar) => {
    let peak = 0;
    for (let i = Math.floor((bar * pcm.length) / kBars); i < ((bar + 1) * pcm.length) / kBars; i++) {
      peak = Math.max(peak, Math.abs(pcm[i] ?? 0));
    }
    return peak;
  });
  const top = Math.max(...peaks, 1e-3);
  path.setAttribute(
    'd',
    peaks
      .map((peak, bar) => {
        const half = Math.max(0.8, (peak / top) * 11.5);
        return `M${bar * 3 + 1.5} ${(12 - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
      })
      .join(''),
  );
  svg.append(path);
  return svg as SVGElement;
}
