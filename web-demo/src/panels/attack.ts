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
  /** In a sentence. */
  readonly noun: (level: PrivacyLevel) => string;
}

const kColumns: readonly Column[] = [
  { given: 'mel', items: ['mel'], title: () => 'Log-mel', noun: () => 'log-mel' },
  {
    given: 'z',
    items: ['z', 'voice'],
    title: (level) => (level === 'moderate' ? 'Voice vector' : 'z'),
    noun: (level) => (level === 'moderate' ? 'the voice vector' : 'z'),
  },
  { given: 'indices', items: ['codes'], title: () => 'Codes', noun: () => 'the codes' },
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

  /** What is made of all that is handed out, in a sentence. */
  #verdict(evidence: Evidence): { text: string; state: 'told' | 'kept' | 'open' } {
    const guesses = kColumns
      .filter((column) => this.#isOut(column))
      .flatMap((column) => {
        const top = this.#believe('who', column, evidence)?.[1][0];
        return top ? [{ noun: column.noun(this.#level), ...top }] : [];
      });
    const { speaker } = evidence.truth;
    if (!speaker) {
      return {
        text: `${sentences(guesses)} It knows ten voices, and takes a stranger for the one who is most alike.`,
        state: 'open',
      };
    }
    const right = guesses.filter(({ name }) => name === speaker);
    const wrong = guesses.filter(({ name }) => name !== speaker);
    if (right.length === 0) return { text: `${sentences(wrong)} Wrong: this time the voice is kept.`, state: 'kept' };
    return {
      text: `${wrong.length ? `${sentences(wrong)} ` : ''}${sentences(right)} That is who speaks.`,
      state: 'told',
    };
  }
}

interface Guess extends Belief {
  readonly noun: string;
}

/** "The codes point to Reader 367 (93 %)." One sentence for each name. */
function sentences(guesses: readonly Guess[]): string {
  const names = [...new Set(guesses.map(({ name }) => name))];
  return names
    .map((name) => {
      const same = guesses.filter((guess) => guess.name === name);
      const nouns = same.map(({ noun }) => noun);
      const last = nouns.pop() as string;
      const subject = nouns.length ? `${nouns.join(', ')} and ${last}` : last;
      const verb = nouns.length || last === 'the codes' ? 'point' : 'points';
      const sure = nouns.length ? '' : ` (${percent(same[0]?.share ?? 0, 0)})`;
      const start = subject === 'z' ? subject : subject.charAt(0).toUpperCase() + subject.slice(1);
      return `${start} ${verb} to ${speakerName(name)}${sure}.`;
    })
    .join(' ');
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
  const guessing = percent(judged.chance, 0);
  const beside =
    judged.low > judged.chance
      ? `; always giving the most frequent answer: ${guessing}.`
      : `: no better than always giving the most frequent answer (${guessing}).`;
  const note = `Right for ${percent(judged.value, 0)} of ${judged.count} other recordings${units}${beside}`;
  group.append(list, element('p', 'attack-note', note));
  return group;
}

function element(tag: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
