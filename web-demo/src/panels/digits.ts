/** What events are good for: digits, understood from those of level high alone. */
import { kMinSamples, type PrivateModel } from '../engine';
import { number, percent } from '../format';
import { words } from '../words/pauses';
import { kJudged, recognize } from '../words/recognizer';
import { element } from './element';

const byId = (id: string) => document.getElementById(id) as HTMLElement;
/** More words than this are a speech, and no digits. */
const kMost = 24;

export class DigitsPanel {
  /** Counts what was asked for, so that an answer that comes too late is dropped. */
  #turn = 0;

  constructor() {
    const { value, low, high, count } = kJudged;
    byId('digits-judged').textContent =
      `Of ${number(count)} recordings that trained nothing, it understands ${percent(value)} ` +
      `(${percent(low)} to ${percent(high)} with 95\u202f% confidence), always the most frequent digit: ${percent(kJudged.chance, 0)}.`;
  }

  /** `said`: the digits that were said, where that is known; '' for none. */
  async show(model: PrivateModel, pcm: Float32Array, said?: string): Promise<void> {
    const turn = ++this.#turn;
    const list = byId('digits-heard');
    if (said === '') {
      list.replaceChildren();
      this.#say(
        'Nobody counts in this recording. Choose the digits of pi, or say digits into the microphone, with a pause after each.',
      );
      return;
    }
    const stretches = words(pcm).slice(0, kMost);
    const heard: HTMLElement[] = [];
    const names: string[] = [];
    for (const stretch of stretches) {
      const { events } = await model.encode(padded(stretch));
      if (turn !== this.#turn) return;
      const [best] = recognize(events.classes);
      if (!best) continue;
      names.push(best.name);
      heard.push(digit(best.name, best.share, events.classes, said?.[heard.length]));
    }
    list.replaceChildren(...heard);
    const right = said && names.filter((name, at) => name === said[at]).length;
    this.#say(
      heard.length === 0
        ? 'No word was found: digits have to be said with a pause after each.'
        : `Understood from events alone: ${names.join(' ')}.${said ? ` ${right} of ${said.length} are right.` : ''}`,
    );
  }

  #say(text: string): void {
    const line = byId('digits-said');
    if (line.textContent !== text) line.textContent = text;
  }
}

function digit(name: string, share: number, events: Int32Array, said: string | undefined): HTMLElement {
  const item = element('li', 'digit');
  item.dataset.right = said === undefined ? 'unknown' : String(said === name);
  item.append(
    element('span', 'digit-name', name),
    element('span', 'digit-share', percent(share, 0)),
    element('span', 'digit-events', events.join(' ') || 'none'),
  );
  return item;
}

function padded(pcm: Float32Array): Float32Array {
  if (pcm.length >= kMinSamples) return pcm;
  const longer = new Float32Array(kMinSamples);
  longer.set(pcm, (kMinSamples - pcm.length) >> 1);
  return longer;
}
