/** The place for what went wrong, in words. */
export class Notice {
  readonly #box = document.getElementById('notice') as HTMLElement;

  show(text: string): void {
    this.#box.textContent = text;
    this.#box.hidden = false;
  }

  hide(): void {
    this.#box.hidden = true;
    this.#box.textContent = '';
  }
}
