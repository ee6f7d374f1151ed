/** The second script of the quiet page, at its end: gives every file that is in the markup an address in memory. */
{
  const files = new Map();
  const bytes = new Map();
  const runtime = {};
  for (const element of document.querySelectorAll('script[data-file]')) {
    const { file, runtime: name } = element.dataset;
    const text = atob(element.textContent);
    const content = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) content[i] = text.charCodeAt(i);
    const address = URL.createObjectURL(new Blob([content], { type: element.dataset.type }));
    files.set(new URL(file, document.baseURI).href, address);
    bytes.set(new URL(file, document.baseURI).pathname, content.length);
    if (name) runtime[name] = address;
    element.remove();
  }
  globalThis.edgyQuiet = Object.freeze({ ...globalThis.edgyQuiet, files, bytes, runtime });
}
