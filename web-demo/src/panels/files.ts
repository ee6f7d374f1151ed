/** A sound file by the button, or dropped anywhere on the page. */
export function watchFiles(onFile: (file: File) => void): void {
  const open = document.getElementById('open') as HTMLButtonElement;
  const input = document.getElementById('file') as HTMLInputElement;
  const veil = document.getElementById('drop') as HTMLElement;
  open.disabled = false;
  open.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    input.value = '';
    if (file) onFile(file);
  });
  const carriesFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragover', (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener('drop', (event) => {
    veil.hidden = true;
    if (!carriesFile(event)) return;
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) onFile(file);
  });
}
