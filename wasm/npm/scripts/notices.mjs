/**
 * THIRD_PARTY.md of the package: whose code is in which file, with the licences' own words. What was compiled in is read from
 * the builds themselves (dependency files and link commands of the WebAssembly, esbuild's inputs of the JavaScript), so that
 * code of others without a notice is an error here and not an omission there.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

const apache = 'Apache License 2.0';
const bsd = 'BSD 3-Clause';

/**
 * A component: `owns`, what its files' paths contain (with the toolchain's links resolved); `texts`, where its licence stands
 * below build/toolchain; `converter`: only the converter has it, which a package may be without. Of Debian's record of Emscripten, which covers tests and documents too, the parts that are linked.
 */
const components = [
  {
    name: 'Emscripten and its system libraries (musl, compiler-rt, libc++, libc++abi)',
    address: 'https://emscripten.org',
    licence: `MIT, ${apache} with LLVM exceptions`,
    owns: ['/share/emscripten/system/', '/share/emscripten/src/', '/cache/sysroot/', '/lib/clang/'],
    texts: [
      { file: 'emscripten/../doc/emscripten/copyright', only: /^(\*$|system\/lib\/|src\/)/, or: 'emscripten/LICENSE' },
    ],
  },
  {
    name: 'XNNPACK',
    address: 'https://github.com/google/XNNPACK',
    licence: bsd,
    owns: ['/include/xnnpack.h', '/libXNNPACK.a'],
    texts: [{ file: 'xnnpack/wasm-relaxed/licenses/XNNPACK.txt' }],
  },
  {
    name: 'pthreadpool, with FXdiv and FP16',
    address: 'https://github.com/Maratyszcza/pthreadpool',
    licence: 'BSD 2-Clause and MIT',
    owns: ['/include/pthreadpool.h', '/libpthreadpool.a'],
    texts: ['pthreadpool', 'FXdiv', 'FP16'].map((part) => ({ file: `xnnpack/wasm-relaxed/licenses/${part}.txt` })),
  },
  {
    name: 'FlatBuffers',
    address: 'https://flatbuffers.dev',
    licence: apache,
    owns: ['/include/flatbuffers/'],
    texts: [{ file: 'sysroot/usr/share/doc/libflatbuffers-dev/copyright' }],
  },
  {
    name: 'tl::expected',
    address: 'https://github.com/TartanLlama/expected',
    licence: 'CC0 1.0',
    owns: ['/include/tl/'],
    texts: [{ file: 'sysroot/usr/share/doc/libexpected-dev/copyright' }],
  },
  {
    name: 'KISS FFT',
    address: 'https://github.com/mborgerding/kissfft',
    licence: bsd,
    owns: ['/src/kissfft/'],
    texts: [{ file: 'src/kissfft/COPYING' }],
  },
  {
    name: 'libsoxr, the SoX resampler',
    address: 'https://sourceforge.net/projects/soxr/',
    licence: 'GNU Lesser General Public License 2.1 or later',
    note:
      'It is `edgy-resample.wasm`, a file of its own that a build of yours may replace, and is carried by `sealed-engine.txt`. ' +
      'Its source is that of Debian’s package `libsoxr`; `wasm/resample` in Edgy’s repository builds the file from it.',
    owns: ['/libsoxr/'],
    texts: [{ file: 'src/soxr/LICENCE' }, { file: 'src/soxr/COPYING.LGPL' }],
  },
  {
    name: 'Protocol Buffers',
    address: 'https://protobuf.dev',
    licence: bsd,
    owns: ['/include/google/protobuf/', '/libprotobuf-lite.a'],
    texts: [{ file: 'converter-wasm/licences/protobuf' }],
    converter: true,
  },
  {
    name: 'PCRE2',
    address: 'https://pcre2project.org',
    licence: bsd,
    owns: ['/include/pcre2.h', '/libpcre2-8.a'],
    texts: [{ file: 'converter-wasm/licences/pcre2' }],
    converter: true,
  },
  {
    name: 'zlib',
    address: 'https://zlib.net',
    licence: 'zlib',
    owns: ['/libz.a'],
    texts: [{ file: 'converter-wasm/licences/zlib' }],
    converter: true,
  },
  {
    name: 'libzip',
    address: 'https://libzip.org',
    licence: bsd,
    owns: ['/include/zip.h', '/include/zipconf.h', '/libzip.a'],
    texts: [{ file: 'converter-wasm/licences/libzip' }],
    converter: true,
  },
  {
    name: 'FLAC',
    address: 'https://xiph.org/flac',
    licence: bsd,
    owns: ['/libFLAC.a'],
    texts: [{ file: 'converter-wasm/licences/flac' }],
    converter: true,
  },
  {
    name: 'libsndfile',
    address: 'https://libsndfile.github.io/libsndfile',
    licence: 'GNU Lesser General Public License 2.1 or later',
    note: 'Its source is that of Debian’s package `libsndfile`; `make converter-wasm` in Edgy’s repository builds the file from it, or from yours.',
    owns: ['/include/sndfile.h', '/libsndfile.a'],
    texts: [{ file: 'converter-wasm/licences/libsndfile' }],
    converter: true,
  },
  {
    name: 'libLBFGS',
    address: 'https://github.com/chokkan/liblbfgs',
    licence: 'MIT',
    owns: ['/include/lbfgs.h', '/liblbfgs.a'],
    texts: [{ file: 'converter-wasm/licences/liblbfgs' }],
    converter: true,
  },
  {
    name: 'libmd',
    address: 'https://www.hadrons.org/software/libmd',
    licence: 'BSD 3-Clause and ISC',
    owns: ['/include/sha2.h', '/libmd.a'],
    texts: [{ file: 'converter-wasm/licences/libmd' }],
    converter: true,
  },
  {
    name: 'CLI11',
    address: 'https://github.com/CLIUtils/CLI11',
    licence: bsd,
    owns: ['/include/CLI/'],
    texts: [{ file: 'sysroot/usr/share/doc/libcli11-dev/copyright' }],
    converter: true,
  },
  {
    name: 'JSON for Modern C++',
    address: 'https://json.nlohmann.me',
    licence: 'MIT',
    owns: ['/include/nlohmann/'],
    texts: [{ file: 'sysroot/usr/share/doc/nlohmann-json3-dev/copyright' }],
    converter: true,
  },
  {
    name: 'Eigen',
    address: 'https://eigen.tuxfamily.org',
    licence: 'Mozilla Public License 2.0',
    note: 'Unmodified; its source is that of Debian’s package `libeigen3-dev`.',
    owns: ['/include/eigen3/'],
    texts: [{ file: 'sysroot/usr/share/doc/libeigen3-dev/copyright' }],
    converter: true,
  },
];

/** Stanzas of a Debian copyright file (DEP-5) whose Files field has a pattern that `only` matches, and the licences they name. */
function select(text, only) {
  const stanzas = text.split(/\n\s*\n/).filter((stanza) => stanza.trim());
  const field = (stanza, name) =>
    new RegExp(`^${name}:[ \\t]*([^\\n]*(?:\\n[ \\t][^\\n]*)*)`, 'm').exec(stanza)?.[1].trim() ?? '';
  const kept = stanzas.filter((stanza) =>
    field(stanza, 'Files')
      .split(/\s+/)
      .some((pattern) => only.test(pattern)),
  );
  const licence = (stanza) => field(stanza, 'License').split('\n')[0];
  const named = new Set(
    kept.flatMap((stanza) => [licence(stanza), ...licence(stanza).split(/,? (?:and|or|with) |, /)]),
  );
  const texts = stanzas.filter((stanza) => !field(stanza, 'Files') && named.has(licence(stanza)));
  return [...kept, ...texts].join('\n\n');
}

/** Files outside the repository that a CMake build compiled or linked for `target`, links resolved. */
function compiledIn(folder, target, root) {
  const ninja = (...words) => execFileSync('ninja', ['-C', folder, ...words], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const objects = new Set(
    ninja('-t', 'inputs', target)
      .split('\n')
      .filter((line) => line.endsWith('.o')),
  );
  const files = new Set();
  let wanted = false;
  for (const line of ninja('-t', 'deps').split('\n')) {
    const head = /^(\S+): #deps/.exec(line);
    if (head) wanted = objects.has(head[1]);
    else if (wanted && line.startsWith('    ')) files.add(path.resolve(folder, line.trim()));
  }
  for (const input of ninja('-t', 'inputs', target).split('\n')) {
    if (/\.(a|c|cc|cpp)$/.test(input)) files.add(path.resolve(folder, input));
  }
  const resolved = [...files].flatMap((file) => {
    try {
      return [realpathSync(file)];
    } catch {
      return []; // a generated file of a build that has been cleaned
    }
  });
  return resolved.filter((file) => !file.startsWith(`${root}${path.sep}`) || file.includes('/node_modules/'));
}

/** The npm package that a module belongs to, or undefined for our own. */
const packageOf = (file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];

/**
 * The text of THIRD_PARTY.md.
 * @param {{ root: string, wasm: { file: string, folder: string, target: string }[], modules: { file: string, inputs: string[] }[] }} builds
 *   each WebAssembly file with the tree and target that made it, each JavaScript file with its inputs as esbuild names them.
 * @throws where a file is nobody's: its component has to be named above.
 */
export function makeNotices({ root, wasm, modules }) {
  /** A path below build/toolchain, whose entries are links: "..", too, is meant after them. */
  const inToolchain = (file) =>
    file
      .split('/')
      .reduce(
        (folder, part) => path.join(existsSync(folder) ? realpathSync(folder) : folder, part),
        path.join(root, 'build/toolchain'),
      );
  const found = new Map(components.map((component) => [component, new Set()]));
  for (const { file, folder, target } of wasm) {
    for (const source of compiledIn(folder, target, root)) {
      const owner = components.find((component) => component.owns.some((part) => source.includes(part)));
      if (!owner) throw new Error(`${file} has ${source} in it, which no component of ${import.meta.filename} owns`);
      found.get(owner).add(file);
    }
  }
  const packages = new Map();
  for (const { file, inputs } of modules) {
    for (const input of inputs) {
      const name = packageOf(input);
      if (name) packages.set(name, new Set([...(packages.get(name) ?? []), file]));
      // What a build made and a module carries: the resampler's bytes, or Emscripten's JavaScript.
      if (input === 'native:#native/resample') {
        for (const files of found.values()) if (files.has('edgy-resample.wasm')) files.add(file);
      } else if (input.startsWith('native:')) found.get(components[0]).add(file);
    }
  }
  const sections = [];
  for (const [{ name, address, licence, note, texts, converter }, files] of found) {
    if (!files.size && converter) continue;
    if (!files.size) throw new Error(`${name} is in no file any more: take it out of ${import.meta.filename}`);
    const words = texts.map(({ file, only, or }) => {
      const place = existsSync(inToolchain(file)) ? file : (or ?? file); // an Emscripten that is not Debian's has a file of its own
      const text = readFileSync(inToolchain(place), 'utf8');
      return only && place === file ? select(text, only) : text;
    });
    sections.push({ name, address, licence, note, files, words });
  }
  for (const [name, files] of packages) {
    const folder = path.join(root, 'node_modules', name);
    const { license, repository } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no file with its licence`);
    const address = (repository?.url ?? repository ?? '')
      .replace(/^git\+|\.git$/g, '')
      .replace(/^[^/:]+\/[^/]+$/, 'https://github.com/$&');
    sections.push({ name, address, licence: license, files, words: [readFileSync(path.join(folder, file), 'utf8')] });
  }
  return format(sections);
}

function format(sections) {
  const list = (files) =>
    [...files]
      .sort()
      .map((file) => `\`${file}\``)
      .join(', ');
  const head = sections.map(
    ({ name, address, licence, files, note }) =>
      `- [${name}](${address}), ${licence}: in ${list(files)}.${note ? ` ${note}` : ''}`,
  );
  const bodies = sections.map(
    ({ name, words }) => `## ${name}\n\n${words.map((text) => `\`\`\`text\n${text.trim()}\n\`\`\`\n`).join('\n')}`,
  );
  return `# Notices\n\nBeside Edgy's own code (Apache License 2.0, in LICENSE), \`dist/\`, \`bundle/\` and \`converter/\` contain:\n\n${head.join('\n')}\n\n${bodies.join('\n')}`;
}
