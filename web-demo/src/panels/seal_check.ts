/** "Verify the seal": attempts to get something out of a sealed session, made in front of the visitor. */

export interface Finding {
  /** What was tried, in words. */
  readonly attempt: string;
  /** What stopped it, or what it got. */
  readonly outcome: string;
  readonly blocked: boolean;
}

/** Seals a session, attacks it, calls back after each attempt, and takes it down again. */
export type SealVerifier = (onFinding: (finding: Finding) => void) => Promise<void>;

const byId = (id: string) => document.getElementById(id) as HTMLElement;

export class SealCheckPanel {
  readonly #button = byId('verify-seal') as HTMLButtonElement;
  readonly #verdict = byId('seal-verdict');
  readonly #list = byId('seal-findings');

  /** The seal is closed: it may be attacked. */
  closed(verify: SealVerifier): void {
    this.#say('sealed', 'Closed.');
    this.#button.disabled = false;
    this.#button.addEventListener('click', () => void this.#run(verify));
  }

  failed(error: unknown): void {
    this.#say('broken', `The seal could not be closed here. ${wordsOf(error)}`);
  }

  async #run(verify: SealVerifier): Promise<void> {
    this.#button.disabled = true;
    this.#list.replaceChildren();
    this.#say('running', 'Trying to get out.');
    const findings: Finding[] = [];
    try {
      await verify((finding) => {
        findings.push(finding);
        this.#list.append(row(finding));
      });
      const escaped = findings.filter(({ blocked }) => !blocked).length;
      this.#say(
        escaped ? 'broken' : 'sealed',
        escaped
          ? `${escaped} of ${findings.length} attempts got out. Do not trust this seal.`
          : `${findings.length} attempts, none got out.`,
      );
    } catch (error) {
      this.#say('broken', `The test could not be finished. ${wordsOf(error)}`);
    } finally {
      this.#button.disabled = false;
    }
  }

  #say(state: string, text: string): void {
    this.#verdict.dataset.state = state;
    this.#verdict.textContent = text;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function row({ attempt, outcome, blocked }: Finding): HTMLElement {
  const item = document.createElement('li');
  item.dataset.blocked = String(blocked);
  const cells: [string, string][] = [
    ['finding-attempt', attempt],
    ['finding-outcome', outcome],
  ];
  for (const [className, text] of cells) {
    const cell = document.createElement('span');
    cell.className = className;
    cell.textContent = text;
    item.append(cell);
  }
  return item;
}
