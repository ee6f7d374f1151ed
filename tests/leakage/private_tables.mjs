/** The tables of docs/private-encoder.md, from the JSON of `edgy audit`. */

const percent = (share) => (100 * share).toFixed(1);
const points = (share) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)}`;

/** Entries of an attack that are no attackers. */
const BESIDE = new Set(['corpus', 'seen', 'shuffled', 'at_once']);

/** The strongest attacker's figures. */
function strongest(entry) {
  const attackers = Object.entries(entry ?? {}).filter(([name]) => !BESIDE.has(name));
  return attackers.reduce((best, [, figures]) => (!best || figures.value > best.value ? figures : best), undefined);
}

const attack = (question, corpus) => (representation) =>
  representation?.[question].find((entry) => entry.corpus === corpus);
const measured = (question, corpus) => (representation) => strongest(attack(question, corpus)(representation))?.value;
const atOnce = (corpus, size) => (representation) =>
  attack('speaker', corpus)(representation)?.at_once.find(({ recordings }) => recordings === size)?.value;
const verified = (corpus, size, figure) => (representation) =>
  representation?.verification.find((v) => v.corpus === corpus && v.recordings === size)?.[figure] ?? undefined;

const SIX = 'librispeech-test-other';
const rows = [
  ['same voice? error rate, six readers (50: chance)', verified(SIX, 1, 'equal_error_rate')],
  ['… of pairs found where 1 % of others are, too', verified(SIX, 1, 'recognized')],
  ['same voice? error rate, four speakers of digits', verified('fsdd', 1, 'equal_error_rate')],
  ['… of pairs found where 1 % of others are, too', verified('fsdd', 1, 'recognized')],
  ['who of six readers', measured('speaker', SIX)],
  ['… dealt out at random', (r) => attack('speaker', SIX)(r)?.shuffled],
  ['… five recordings at once', atOnce(SIX, 5)],
  [
    '… rank of the reader, bits (chance 1.58)',
    (r) => strongest(attack('speaker', SIX)(r))?.rank_bits,
    (v) => v.toFixed(2),
  ],
  ['who of four speakers', measured('speaker', 'fsdd')],
  ['… dealt out at random', (r) => attack('speaker', 'fsdd')(r)?.shuffled],
  ['… five recordings at once', atOnce('fsdd', 5)],
  ['… twenty at once', atOnce('fsdd', 20)],
  ['woman or man, 200 readers (heard in training)', measured('sex', 'librispeech')],
  ['woman or man, six readers never heard', measured('sex', `${SIX} < librispeech`)],
  ['**which digit** (higher is of more use)', measured('content', 'fsdd')],
  ['codes a second', (r) => r?.codes_per_second, (v) => v.toFixed(1)],
  ['bits a second (entropy)', (r) => r?.bits_per_second, (v) => v.toFixed(0)],
];

const of = (model, name) => model.representations.find((r) => r.name === name);

/** "mean <small>least–most</small>" of what models have; one model has no range. */
function cell(models, name, figure, format) {
  const values = models.map((model) => figure(of(model, name))).filter((v) => v !== undefined && v !== null);
  if (values.length === 0) return '';
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const range =
    values.length > 1 ? ` <small>${format(Math.min(...values))}–${format(Math.max(...values))}</small>` : '';
  return `${format(mean)}${range}`;
}

/** One column a representation. `beside`: [{name, model}]; `seeds`: audits of the private encoder, mean and range. */
export function levels(beside, seeds) {
  const columns = [
    ['log-mel', seeds.slice(0, 1), 'mel'],
    ['length alone', seeds.slice(0, 1), 'length'],
    ...beside.map(({ name, model }) => [`${name}, codes`, [model], 'indices']),
    ...beside.map(({ name, model }) => [`${name}, events`, [model], 'indices, events']),
    ['z', seeds, 'z'],
    ['moderate, codes', seeds, 'phones'],
    ['moderate, events', seeds, 'phones, events'],
    ['high, codes', seeds, 'indices'],
    ['**high, events**', seeds, 'indices, events'],
    ['text alone, moderate', seeds, 'phones, events, text alone'],
    ['text alone, high', seeds, 'indices, events, text alone'],
  ];
  const lines = rows.map(([title, figure, format = percent]) => {
    const cells = columns.map(([, models, name]) => cell(models, name, figure, format));
    return `| ${title} | ${cells.join(' | ')} |`;
  });
  return [
    `| | ${columns.map(([title]) => title).join(' | ')} |`,
    `| --- |${' ---: |'.repeat(columns.length)}`,
    ...lines,
  ].join('\n');
}

const NAMES = {
  phones: 'moderate, codes',
  'phones, events': 'moderate, events',
  indices: 'high, codes',
  'indices, events': 'high, events',
};
const QUESTIONS = { 'who speaks': 'who', 'woman or man': 'woman or man', 'what was said': 'which digit' };

/** The chosen encoder in three precisions, recording by recording. */
export function differences({ summary }) {
  const lines = summary.flatMap(({ question, corpus, lines: all }) =>
    Object.entries(NAMES).map(([name, title]) => {
      const found = all.filter(({ representation }) => representation === name);
      if (found.length < 2) return null;
      const cells = found.map(({ value, low, high, difference }) =>
        difference
          ? `${percent(value)} (${points(difference.value)} <small>${points(difference.low)} to ${points(difference.high)}</small>)`
          : `${percent(value)} <small>${percent(low)}–${percent(high)}</small>`,
      );
      return `| ${QUESTIONS[question] ?? question} | ${corpus} | ${title} | ${cells.join(' | ')} |`;
    }),
  );
  return [
    '| | recordings | level | fp32 | int8 | sparse int8 |',
    '| --- | --- | --- | ---: | ---: | ---: |',
    ...lines.filter(Boolean),
  ].join('\n');
}
