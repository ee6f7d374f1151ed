/** What attackers make of each level: of this recording, live, and of many others, measured beforehand. */
import type { PrivacyLevel } from 'edgy';
import type { PrivateEncoding } from '../engine';
import { percent } from '../format';
import { type Attackers, featuresFor, type Given, type Question } from '../privacy/attackers';
import { type Figure, kFigures, type LevelFigures } from '../privacy/figures';
import { kLevels } from '../privacy/levels';
import { ask, type Belief } from '../privacy/linear';
import { sexName, speakerName } from '../privacy/speakers';
import { element } from './element';

const kShownNames = 4;
const byId = (id: string) => document.getElementById(id) as HTMLElement;

export interface Truth {
  readonly speaker?: string;
  readonly sex?: string;
}

const kGiven: Record<PrivacyLevel, { readonly given: Given; readonly title: string; readonly noun: string }> = {
  low: { given: 'mel', title: 'Low', noun: 'the log-mel' },
  moderate: { given: 'phones, events', title: 'Moderate', noun: 'the phones' },
  high: { given: 'indices, events', title: 'High', noun: 'the classes' },
};

const kQuestions: Record<Question, string> = { who: 'Who speaks?', sex: 'A woman or a man?' };
const kNames: Record<Question, (id: string) => string> = { who: speakerName, sex: sexName };

/** What is measured, as the page calls it; each with its chance and, where there is one, what the words alone give away. */
const kMeasured: readonly (readonly [keyof LevelFigures, string])[] = [
  ['six', 'Who of six readers'],
  ['four', 'Who of four people, from one digit'],
  ['twenty', 'Who of them, from twenty digits at once'],
  ['sex', 'A woman or a man, of voices never heard'],
];

export class AttackPanel {
  readonly #attackers: Attackers;
  #level: PrivacyLevel;
  #evidence: { encoding: PrivateEncoding; truth: Truth } | undefined;

  constructor(attackers: Attackers, level: PrivacyLevel) {
    this.#attackers = attackers;
    this.#level = level;
    byId('attack').hidden = false;
  }

  setLevel(level: PrivacyLevel): void {
    this.#level = level;
    this.#render();
  }

  show(encoding: PrivateEncoding, truth: Truth): void {
    this.#evidence = { encoding, truth };
    this.#render();
  }

  #render(): void {
    if (!this.#evidence) return;
    byId('attack-columns').replaceChildren(...kLevels.map((level) => this.#card(level)));
    const { text, state } = this.#verdict();
    const verdict = byId('attack-verdict');
    if (verdict.textContent !== text) verdict.textContent = text;
    verdict.dataset.state = state;
    byId('still-leaks').textContent = stillLeaks(this.#level);
  }

  #believe(question: Question, level: PrivacyLevel): Belief[] {
    const attacker = this.#attackers.find(question, kGiven[level].given);
    return attacker && this.#evidence ? ask(attacker, featuresFor(attacker, this.#evidence.encoding)) : [];
  }

  #card(level: PrivacyLevel): HTMLElement {
    const chosen = level === this.#level;
    const card = element('article', 'attack-card');
    card.dataset.level = level;
    card.dataset.out = String(chosen);
    const head = element('div', 'attack-head');
    head.append(element('h4', '', kGiven[level].title), element('span', 'tag', chosen ? 'chosen' : ''));
    card.append(head);
    for (const question of ['who', 'sex'] as const) {
      card.append(bars(question, this.#believe(question, level), this.#evidence?.truth ?? {}));
    }
    card.append(measured(kFigures[level]));
    return card;
  }

  /** What the attacker makes of the chosen level, and what such guesses are worth. */
  #verdict(): { text: string; state: 'told' | 'kept' | 'open' } {
    const [top] = this.#believe('who', this.#level);
    if (!top) return { text: '', state: 'open' };
    const { noun } = kGiven[this.#level];
    const guess = `From ${noun}, the attacker says ${speakerName(top.name)} (${percent(top.share, 0)} sure).`;
    const { six } = kFigures[this.#level];
    const worth = `Such guesses among six readers are right for ${percent(six.value, 0)}${
      six.text === undefined ? '' : `; the words alone, read by a machine, give ${percent(six.text, 0)}`
    }; chance ${percent(six.chance, 0)}.`;
    const speaker = this.#evidence?.truth.speaker;
    if (!speaker) return { text: `${guess} It knows ten voices, and takes a stranger for one of them.`, state: 'open' };
    if (top.name !== speaker) return { text: `${guess} Wrong. ${worth}`, state: 'kept' };
    if (six.value > 0.5) return { text: `${guess} Right. ${worth}`, state: 'told' };
    return { text: `${guess} Right this time. ${worth}`, state: 'open' };
  }
}

/** In one sentence, with its figures. */
function stillLeaks(level: PrivacyLevel): string {
  if (level === 'low') {
    const { six } = kFigures.low;
    return `What leaks at low: everything. The right reader of six is named for ${percent(six.value, 0)} of recordings.`;
  }
  const { twenty, four, same } = kFigures[level];
  return (
    `What still leaks at ${level}: whoever has twenty spoken digits of one person, and knows that they are of one, names the right one of four for ` +
    `${percent(twenty.value, 0)} (from one digit ${percent(four.value, 0)}, chance ${percent(four.chance, 0)}); whether two recordings are of one ` +
    `voice is told wrongly for ${percent(same.value, 0)}, where knowing nothing is 50\u202f%${
      same.text === undefined ? '' : ` and the words alone are ${percent(same.text, 0)}`
    }.`
  );
}

function bars(question: Question, beliefs: readonly Belief[], truth: Truth): HTMLElement {
  const group = element('div', 'attack-question');
  group.append(element('h5', '', kQuestions[question]));
  const list = element('ul', 'beliefs');
  const right = question === 'who' ? truth.speaker : truth.sex;
  for (const { name, share } of beliefs.slice(0, kShownNames)) {
    const item = bar(kNames[question](name), share, { chance: 1 / beliefs.length });
    item.dataset.right = String(name === right);
    if (name === right) item.firstElementChild?.append(element('span', 'belief-mark', 'true'));
    list.append(item);
  }
  group.append(list);
  return group;
}

function measured(figures: LevelFigures): HTMLElement {
  const group = element('div', 'attack-question measured');
  group.append(element('h5', '', 'Right, of many other recordings'));
  const list = element('ul', 'beliefs');
  for (const [key, title] of kMeasured) list.append(bar(title, figures[key].value, figures[key]));
  group.append(list);
  return group;
}

function bar(title: string, share: number, beside: Pick<Figure, 'chance' | 'text'>): HTMLElement {
  const item = element('li', 'belief');
  const track = element('span', 'belief-track');
  track.style.setProperty('--share', String(share));
  track.style.setProperty('--chance', String(beside.chance));
  const more = [`chance ${percent(beside.chance, 0)}`];
  if (beside.text !== undefined) {
    track.style.setProperty('--text', String(beside.text));
    track.append(element('span', 'belief-text'));
    more.push(`words alone ${percent(beside.text, 0)}`);
  }
  const said = element('span', 'belief-share', percent(share, 0));
  said.append(element('span', 'visually-hidden', `, ${more.join(', ')}`));
  item.append(element('span', 'belief-name', title), track, said);
  return item;
}
