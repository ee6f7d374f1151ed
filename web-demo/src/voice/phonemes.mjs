/** From phones as the encoder knows them (ARPAbet, of CMU's dictionary) to eSpeak NG's names for American English. */
const kNames = new Map(
  (
    'AA:A: AE:a AH:V AO:O: AW:aU AY:aI B:b CH:tS D:d DH:D EH:E ER:3: EY:eI F:f G:g HH:h IH:I IY:i: JH:dZ K:k L:l M:m N:n NG:N ' +
    'OW:oU OY:OI P:p R:r S:s SH:S T:t TH:T UH:U UW:u: V:v W:w Y:j Z:z ZH:Z'
  )
    .split(' ')
    .map((pair) => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)]),
);
const kVowel = /^[AEIOU]/;

/**
 * "[[...]]" is how eSpeak takes phonemes as they are; a stress before each vowel keeps it from being swallowed. Phones without a name, as
 * silence, are left out.
 * @param {readonly string[]} phones
 */
export function phonemes(phones) {
  const names = phones.filter((phone) => kNames.has(phone));
  return `[[${names.map((phone) => (kVowel.test(phone) ? `'${kNames.get(phone)}` : kNames.get(phone))).join('|')}]]`;
}
