/** Trusted Types of the seal's own frames: one policy each, which no later script can make again. */

interface Policy {
  createHTML(text: string): string;
  createScriptURL(url: string): string;
}
interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

export interface Trusted {
  html(text: string): string;
  scriptUrl(url: string): string;
}

export function trusted(): Trusted {
  const same: Policy = { createHTML: (text) => text, createScriptURL: (url) => url };
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  const policy = factory?.createPolicy('edgy-seal', same) ?? same;
  return { html: (text) => policy.createHTML(text), scriptUrl: (url) => policy.createScriptURL(url) };
}
