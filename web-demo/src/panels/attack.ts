/** What the attackers believe, from each thing that might be handed out. */
import type { PrivacyLevel } from 'edgy';
import type { Encoding } from '../engine';
import { percent } from '../format';
import {
  type Attacker,
  type Attackers,
  ask,
  type Belief,
  type Given,
  histogram,
  melMoments,
  type Question,
} from '../privacy/attackers';
import { type Item, kItems } from '../privacy/levels';
import { sexName, speakerName } from '../privacy/speakers';

const kShownNames = 4;
const byId = (id: string) => document.getElementById(id) as HTMLElement;

export interface Truth {
  readonly speaker?: string;
  readonly sex?: string;
}

/** What the attackers are shown of one recording. */
export interface Evidence {
  readonly encoding: Encoding;
  /** The vector that stands for a voice: of the one who speaks, or of another. */
  readonly voice: Float32Array;
  readonly truth: Truth;
}

interface Column {
  readonly given: Given;
  readonly items: readonly Item[];
  readonly title: (level: PrivacyLevel) => string;
}

const kColumns: readonly Column[] = [
  { given: 'mel', items: ['mel'], title: () => 'Log-mel' },
  { given: 'z', items: ['z', 'voice'], title: (level) => (level === 'moderate' ? 'Voice vector' : 'z') },
  { given: 'indices', items: ['codes'], title: () => 'Codes' },
];

const kNames: Record<Question, (id: string) => string> = { who: speakerName, sex: sexName };

export class AttackPanel {
  readonly #attackers: Attackers;
  #level: PrivacyLevel;
  #evidence: Evidence | undefined;

  constructor(attackers: Attackers, level: PrivacyLevel) {
    this.#attackers = attackers;
    this.#level = level;
    byId('attack').hidden = false;
  }

  setLevel(level: PrivacyLevel): void {
    this.#level = level;
    this.#render();
  }

  show(evidence: Evidence): void {
    this.#evidence = evidence;
    this.#render();
  }

  #render(): void {
    const evidence = this.#evidence;
    if (!evidence) return;
    byId('attack-columns').replaceChildren(...kColumns.map((column) => this.#column(column, evidence)));
    const said = this.#verdict(evidence);
    const verdict = byId('attack-verdict');
    if (verdict.textContent !== said.text) verdict.textContent = said.text;
    verdict.dataset.state = said.state;
  }

  #isOut({ items }: Column): boolean {
    return items.some((item) => kItems[this.#level].includes(item));
  }

  #believe(question: Question, column: Column, { encoding, voice }: Evidence): [Attacker, Belief[]] | undefined {
    const attacker = this.#attackers.find(question, column.given);
    if (!attacker) return undefined;
    const features =
      column.given === 'mel'
        ? melMoments(encoding)
        : column.given === 'z'
          ? voice
          : histogram(encoding, attacker.mean.length);
    return features && [attacker, ask(attacker, features)];
  }

  #column(column: Column, evidence: Evidence): HTMLElement {
    const out = this.#isOut(column);
    const card = element('article', 'attack-card');
    card.dataset.out = String(out);
    const head = element('div', 'attack-head');
    head.append(
      element('h4', '', column.title(this.#level)),
      element('span', 'tag', out ? 'handed out' : 'stays here'),
    );
    card.append(head);
    for (const question of ['who', 'sex'] as const) {
      const believed = this.#believe(question, column, evidence);
      if (believed) card.append(bars(question, believed, evidence.truth));
    }
    return card;
  }

  /** The best that can be made of what is handed out, in a sentence. */
  #verdict(evidence: Evidence): { text: string; state: 'told' | 'kept' | 'open' } {
    const best = kColumns
      .filter((column) => this.#isOut(column))
      .map((column) => {
        const top = this.#believe('who', column, evidence)?.[1][0] ?? { name: '', share: 0 };
        return { title: column.title(this.#level), given: column.given, ...top };
      });
    const { speaker } = evidence.truth;
    const said = best
      .map(({ title, name, share }) => `${title}: ${speakerName(name)} (${percent(share, 0)})`)
      .join('. ');
    if (!speaker) {
      return {
        text: `Who of ten known voices would it be? ${said}. You are none of them: it names whom you resemble to it.`,
        state: 'open',
      };
    }
    const right = best.filter(({ name }) => name === speaker);
    const wrong = best.filter(({ name }) => name !== speaker);
    const who = speakerName(speaker);
    const tells = right.map(({ title, share }) => `${title} (${percent(share, 0)})`).join(', ');
    const misses = wrong.map(({ title, name }) => `${title} says ${speakerName(name)}`).join(', ');
    if (right.length === 0) return { text: `${misses}: wrong. This time the voice is kept.`, state: 'kept' };
    const start = misses ? `${misses}. Yet ${who} is given away by: ` : `${who} is given away by: `;
    return { text: `${start}${tells}.`, state: 'told' };
  }
}

function bars(question: Question, [attacker, beliefs]: [Attacker, Belief[]], truth: Truth): HTMLElement {
  const group = element('div', 'attack-question');
  const title = question === 'who' ? 'Who speaks?' : 'A woman or a man?';
  group.append(element('h5', '', title));
  const list = element('ul', 'beliefs');
  list.style.setProperty('--chance', String(1 / attacker.classes.length));
  const right = question === 'who' ? truth.speaker : truth.sex;
  for (const { name, share } of beliefs.slice(0, kShownNames)) {
    const item = element('li', 'belief');
    item.dataset.right = String(name === right);
    const track = element('span', 'belief-track');
    track.style.setProperty('--share', String(share));
    const label = element('span', 'belief-name', kNames[question](name));
    if (name === right) label.append(element('span', 'belief-mark', 'true'));
    item.append(label, track, element('span', 'belief-share', percent(share, 0)));
    list.append(item);
  }
  const { judged } = attacker;
  const units = judged.units === judged.count ? '' : ` by ${judged.units} voices it never heard`;
  const note = `Right for ${percent(judged.value, 0)} of ${judged.count} other recordings${units}; guessing: ${percent(judged.chance, 0)}.`;
  group.append(list, element('p', 'attack-note', note));
  return group;
}

function element(tag: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
