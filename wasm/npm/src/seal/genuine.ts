import { kLanguage } from './lockdown.js';

/**
 * Throws when the script that follows the prelude in its file declared a function by a name of the language,
 * which takes effect before the prelude's first line (of a variable only the name does). Declared names can be enumerated, those of the language cannot, and asking for
 * that calls nothing that could have been replaced.
 */
export function requireGenuine(scope: object): void {
  const language: Record<string, unknown> = { __proto__: null };
  for (let i = 0; i < kLanguage.length; i++) language[kLanguage[i] as string] = true;
  for (const name in scope) {
    // No Error, which may be one of them.
    if (name in language) throw `The engine declares ${name}, a name of the language.`;
  }
}
