// A visitor's own notes, found by what they mean. Needs ./notes.edgy, a sentence encoder with its tokenizer (README.md).
import { TextEmbedder } from 'edgy/text';

const state = document.querySelector('#state');
const list = document.querySelector('#notes');
const write = document.querySelector('#write');
const search = document.querySelector('#search');

/** The visitor's notes, the newest first. */
const notes = JSON.parse(localStorage.getItem('notes') ?? '[]');
/** Embeddings of notes, by their text: each is computed once. */
const vectors = new Map();

const percent = (done, total) => (total ? ` ${Math.round((100 * done) / total)} %` : '');
/** Of vectors of the length 1: their cosine. */
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

function part(kind, name, text) {
  const element = document.createElement(kind);
  element.className = name;
  element.textContent = text;
  return element;
}

function show(found) {
  list.replaceChildren(
    ...found.map(({ note, score }) => {
      const item = document.createElement('li');
      const forget = part('button', 'forget', '×');
      forget.type = 'button';
      forget.ariaLabel = `Forget: ${note}`;
      forget.addEventListener('click', () => {
        notes.splice(notes.indexOf(note), 1);
        keep();
        item.remove();
      });
      item.append(part('span', 'note', note));
      if (score !== undefined) item.append(part('span', 'score', `${Math.round(100 * score)} %`));
      item.append(forget);
      return item;
    }),
  );
}

function keep() {
  localStorage.setItem('notes', JSON.stringify(notes));
}

/** Embeds what has no embedding yet. */
async function learn(embedder) {
  const fresh = notes.filter((note) => !vectors.has(note));
  for (const [i, vector] of (await embedder.encode(fresh)).entries()) vectors.set(fresh[i], vector);
}

let asking = new AbortController();

/** The notes, the nearest to the question first. A newer question ends the search for an older one. */
async function find(embedder, question) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  if (!question.trim()) {
    show(notes.map((note) => ({ note })));
    return;
  }
  const wanted = await embedder.encode(question, { signal });
  await learn(embedder);
  if (signal.aborted) return;
  const found = notes.map((note) => ({ note, score: dot(wanted, vectors.get(note)) }));
  show(found.sort((a, b) => b.score - a.score));
}

function tell(error) {
  if (error.name !== 'AbortError') state.textContent = error.message;
}

try {
  const embedder = await TextEmbedder.create('notes.edgy', {
    onProgress({ phase, loaded, total }) {
      if (phase === 'model') state.textContent = `Loading the model …${percent(loaded, total)}`;
    },
  });
  if (!embedder.normalized) throw new Error('Convert the model with --normalize: the page compares directions.');
  const again = () => find(embedder, search.elements.question.value).catch(tell);
  write.addEventListener('submit', (event) => {
    event.preventDefault();
    const note = write.elements.note.value.trim();
    if (note && !notes.includes(note)) notes.unshift(note);
    keep();
    write.reset();
    again();
  });
  search.addEventListener('submit', (event) => event.preventDefault());
  search.addEventListener('input', again);
  write.querySelector('button').disabled = false;
  search.elements.question.disabled = false;
  state.textContent = 'Ready.';
  again();
} catch (error) {
  tell(error);
}
