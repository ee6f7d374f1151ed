/** From a text to the ids that a model is fed, by Hugging Face's tokenizers in JavaScript. */
import { Tokenizer } from '@huggingface/tokenizers';

export interface Tokens {
  /** Special ones included; at most `maxTokens`. */
  readonly ids: readonly number[];
  /** token_type_ids, one for each. */
  readonly types: readonly number[];
}

/** A token that no text has: it shows where a text's own stand among the special ones. */
const kPlace = '\u{10FFFF}text';
/** Characters that are read first for each token that is wanted. */
const kCharacters = 32;
/** And of a text with hardly any tokens in it, at most, unless those are more. */
const kMostCharacters = 1 << 16;
/** Characters of a word that WordPiece takes apart, where the file does not say: a longer one is a single unknown token. */
const kWord = 100;

interface TokenizerJson {
  readonly added_tokens?: readonly unknown[] | null;
  readonly padding?: { readonly pad_id?: number } | null;
  readonly model?: { readonly max_input_chars_per_word?: number } | null;
}

export class TextTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #before: Tokens;
  readonly #after: Tokens;
  readonly #type: number;
  /** Tokens of a text's own that fit between the special ones. */
  readonly #room: number;
  /** Tokens before the place where reading ends that may be others than if it went on: those of a word that is cut in two. */
  readonly #doubtful: number;
  /** The id that fills up shorter texts of a batch. */
  readonly padding: number;

  /** `text`: a tokenizer.json. Throws an Error that says what about it is not known. */
  constructor(text: string, maxTokens: number) {
    const json = JSON.parse(text) as TokenizerJson;
    const none = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
    this.#tokenizer = new Tokenizer({ ...none, ...json, added_tokens: json.added_tokens ?? [] }, {});
    const template = this.#tokenizer.post_processor?.post_process([kPlace], null, true);
    const tokens = template?.tokens ?? [kPlace];
    const at = tokens.indexOf(kPlace);
    if (at < 0) throw new Error('its post_processor leaves the text out');
    const part = (start: number, end?: number): Tokens => {
      const ids = tokens.slice(start, end).map((token) => {
        const id = this.#tokenizer.token_to_id(token);
        if (id === undefined) throw new Error(`its vocabulary has no token '${token}', which each text gets`);
        return id;
      });
      return { ids, types: ids.map((_, i) => template?.token_type_ids?.[start + i] ?? 0) };
    };
    this.#before = part(0, at);
    this.#after = part(at + 1);
    this.#type = template?.token_type_ids?.[at] ?? 0;
    this.#room = maxTokens - tokens.length + 1;
    this.#doubtful = Math.max(this.#room, json.model?.max_input_chars_per_word ?? kWord);
    if (this.#room < 1)
      throw new Error(`of ${maxTokens} tokens none is left beside the ${tokens.length - 1} special ones`);
    const named = ['[PAD]', '<pad>'].map((token) => this.#tokenizer.token_to_id(token));
    this.padding = json.padding?.pad_id ?? named.find((id) => id !== undefined) ?? 0;
  }

  /** Throws what the library throws. */
  encode(text: string): Tokens {
    const ids = this.#beginning(text);
    return {
      ids: [...this.#before.ids, ...ids, ...this.#after.ids],
      types: [...this.#before.types, ...ids.map(() => this.#type), ...this.#after.types],
    };
  }

  /**
   * The first tokens of a text, as many as there is room for. Of a long text no more is read than that takes: where reading ends, a word
   * may be cut in two, and its tokens are others than those of the whole; so the ones that are wanted stand before as many as a word has.
   */
  #beginning(text: string): number[] {
    for (let length = kCharacters * this.#room; ; length *= 2) {
      const ids = this.#ids(text.slice(0, length));
      if (length >= text.length || length >= kMostCharacters || ids.length >= this.#room + this.#doubtful)
        return ids.slice(0, this.#room);
    }
  }

  /** What is in no vocabulary, where there is no token for such, is left out. */
  #ids(text: string): number[] {
    const { ids } = this.#tokenizer.encode(text, { add_special_tokens: false });
    return ids.filter((id: number | undefined) => id !== undefined);
  }
}
