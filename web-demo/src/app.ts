/** Ties inputs, models and pictures together. */
import { AudioProblem, decode } from './audio/decode';
import { Microphone } from './audio/microphone';
import { Player } from './audio/player';
import { kMaxRecordingSeconds, kWorkletUrl, Recorder } from './audio/recorder';
import { type Clip, fetchClips, kClips } from './clips';
import { explain, kSampleRate, loadModels, type Models, type PrivateEncoding } from './engine';
import { seconds as formatSeconds, number } from './format';
import { Comparison, loudest, timeModels } from './measure';
import { keepOffline } from './offline';
import { AttackPanel, type Truth } from './panels/attack';
import { ClipList } from './panels/clip_list';
import { ComparisonPanel } from './panels/comparison';
import { DigitsPanel } from './panels/digits';
import { showFigures } from './panels/figures';
import { watchFiles } from './panels/files';
import { HandoutPanel } from './panels/handout';
import { HearPanel } from './panels/hear';
import { NetworkPanel } from './panels/network';
import { Notice } from './panels/notice';
import { SealCheckPanel } from './panels/seal_check';
import { loadReaders, TeachPanel } from './panels/teach';
import { Transport } from './panels/transport';
import { showWall } from './panels/wall';
import { Stage } from './pictures/stage';
import { Attackers } from './privacy/attackers';
import { closeSeal, makeVerifier } from './privacy/sealed';
import { at, quiet } from './quiet/shelf';
import { type AutoReport, makeReport, type Report, setPageState } from './report';

const kRuns = 9;
const kAutoRuns = 31;
type Pcm = Float32Array<ArrayBuffer>;

/** What is on the page. */
interface Handed {
  readonly pcm: Pcm;
  readonly encoding: PrivateEncoding;
  readonly span: number;
  readonly truth: Truth;
}

const byId = (id: string) => document.getElementById(id) as HTMLElement;

export class App {
  readonly #network = new NetworkPanel();
  readonly #notice = new Notice();
  readonly #player = new Player();
  readonly #stage = new Stage();
  readonly #transport = new Transport(this.#player, this.#stage);
  readonly #clips = new ClipList((clip) => void this.#choose(clip));
  readonly #recorder = new Recorder();
  /** Another one: what teaches the attackers is no recording to look at. */
  readonly #teacher = new Recorder();
  readonly #recordings = new Map<string, Pcm>();
  readonly #handout = new HandoutPanel((level) => {
    this.#attack?.setLevel(level);
    this.#hear.setLevel(level);
  });
  readonly #hear = new HearPanel(this.#handout.level, (url) => this.#network.expect(url));
  readonly #comparison = new ComparisonPanel();
  readonly #digits = new DigitsPanel();
  #attack: AttackPanel | undefined;
  readonly #sealCheck = new SealCheckPanel();
  #handed: Handed | undefined;
  #models: Models | undefined;
  /** Counts what was asked for, so that an answer that comes too late is dropped. */
  #turn = 0;

  async start(): Promise<void> {
    const query = new URLSearchParams(location.search);
    const auto = query.get('auto') === '1';
    try {
      await quiet?.alone;
      await this.#load();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#network.seal();
    setPageState('ready');
    byId('loading').hidden = true;
    this.#enableInputs();
    const clip = kClips.find(({ id }) => id === query.get('clip')) ?? (kClips[0] as Clip);
    const report = await this.#choose(clip, auto ? kAutoRuns : kRuns);
    if (auto && report) await this.#finishAuto(clip, report);
  }

  /** All that the page will ever fetch. */
  async #load(): Promise<void> {
    const bar = (id: string) => (fraction: number) => {
      (byId(id) as HTMLProgressElement).value = fraction;
    };
    const [clips, models, attackers, readers] = await Promise.all([
      fetchClips(bar('load-clips')),
      loadModels((model, fraction) => bar(`load-${model}`)(fraction)),
      Attackers.load(at('attackers/private-8.json')),
      loadReaders(),
      this.#recorder.prepare().then(
        () => this.#network.note(kWorkletUrl, 'audio worklet'),
        () => {},
      ),
      this.#teacher.prepare().catch(() => {}),
      document.fonts.load('1em "Atkinson Hyperlegible Next Variable"'),
      keepOffline(this.#network),
      this.#closeSeal(),
      showWall(),
    ]);
    for (const [id, bytes] of clips) {
      const pcm = await decode(bytes);
      this.#recordings.set(id, pcm);
      this.#clips.ready(id, pcm);
    }
    this.#models = models;
    this.#attack = new AttackPanel(attackers, this.#handout.level);
    new TeachPanel(this.#teacher, models.private, readers, () => this.#player.stop());
    const { version, variant, isa } = models.private.shipped.runtime;
    byId('foot-version').textContent = `Edgy ${version}, ${variant} variant, int8 kernels in the form ${isa}.`;
  }

  /** A page without a seal is still worth showing. */
  async #closeSeal(): Promise<void> {
    try {
      const session = await closeSeal();
      this.#sealCheck.closed(
        makeVerifier(
          session,
          () => this.#handed && { pcm: this.#handed.pcm, events: this.#handed.encoding.events.classes },
        ),
      );
      this.#handout.price(session.report);
    } catch (error) {
      this.#sealCheck.failed(error);
    }
  }

  #enableInputs(): void {
    watchFiles(async (file) =>
      this.#attempt(async () => this.#analyse(file.name, await decode(await file.arrayBuffer()))),
    );
    new Microphone(this.#recorder, {
      onStart: () => {
        this.#turn++;
        this.#player.stop();
        this.#notice.hide();
        this.#clips.choose(undefined);
        this.#transport.disable('Listening', `Codes appear as you speak, for up to ${kMaxRecordingSeconds} seconds.`);
      },
      onSound: async (pcm) => {
        const encoding = await this.#models?.private.encode(pcm);
        const span = Math.max(6, pcm.length / kSampleRate);
        if (!encoding || !this.#recorder.running) return;
        this.#stage.showLive({ pcm, encoding, span });
        this.#handOut({ pcm, encoding, span, truth: {} });
      },
      onEnd: (pcm) => this.#attempt(() => this.#analyse('Your voice', pcm)),
      onProblem: (error) => this.#notice.show(explain(error)),
    });
  }

  async #choose(clip: Clip, runs = kRuns): Promise<Report | undefined> {
    const pcm = this.#recordings.get(clip.id);
    return pcm && this.#attempt(() => this.#analyse(clip.title, pcm, clip, runs));
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      this.#notice.hide();
      return await work();
    } catch (error) {
      this.#notice.show(explain(error));
      if (!(error instanceof AudioProblem)) setPageState('failed');
      return undefined;
    }
  }

  async #analyse(title: string, pcm: Pcm, clip?: Clip, runs = kRuns): Promise<Report | undefined> {
    const models = this.#models;
    if (!models) return undefined;
    const turn = ++this.#turn;
    setPageState('working');
    this.#clips.choose(clip?.id);
    const seconds = pcm.length / kSampleRate;
    const encoding = await models.private.encode(pcm);
    const [int8, f32] = [await models.int8.encode(pcm), await models.f32.encode(pcm)];
    if (turn !== this.#turn) return undefined;
    this.#stage.show({ pcm, encoding, span: seconds });
    this.#handOut({ pcm, encoding, span: seconds, truth: clip ?? {} });
    const { phones, classes } = encoding.events;
    this.#transport.load(
      pcm,
      title,
      `${formatSeconds(seconds)}, ${number(encoding.frames.phones.length)} codes: ${number(phones.length)} events at moderate, ` +
        `${number(classes.length)} at high`,
    );
    this.#comparison.show(int8.codes, f32.codes, seconds);
    await this.#digits.show(models.private, pcm, clip?.digits);
    if (turn !== this.#turn) return undefined;
    const comparison = new Comparison().add(int8, f32);
    const events = { phones: phones.length, classes: classes.length };
    const report = await makeReport(title, pcm, seconds, models, comparison, events, this.#network, runs);
    if (turn !== this.#turn) return undefined;
    showFigures(report);
    window.__edgyReport = report;
    if (new URLSearchParams(location.search).get('auto') !== '1') setPageState('done');
    return report;
  }

  #handOut(handed: Handed): void {
    this.#handed = handed;
    window.__edgyEncoding = handed.encoding;
    const { encoding, span, truth } = handed;
    this.#handout.show(encoding, span);
    this.#attack?.show(encoding, truth);
    this.#hear.show(encoding);
  }

  async #finishAuto(clip: Clip, report: Report): Promise<void> {
    const models = this.#models as Models;
    const second = loudest(this.#recordings.get(clip.id) as Pcm, kSampleRate);
    const oneSecond = { ...(await timeModels(models, second, kAutoRuns)), runs: kAutoRuns };
    const all = new Comparison();
    for (const pcm of this.#recordings.values()) all.add(await models.int8.encode(pcm), await models.f32.encode(pcm));
    const finished: AutoReport = {
      ...report,
      oneSecond,
      allClips: { clips: this.#recordings.size, frames: all.frames, agreement: all.agreement, cosine: all.cosine },
      requests: { startup: this.#network.startup, after: this.#network.after },
    };
    window.__edgyReport = finished;
    setPageState('done');
  }

  #fail(error: unknown): void {
    byId('loading').hidden = true;
    this.#transport.disable('The demo cannot run here', '');
    this.#notice.show(explain(error));
    byId('seal-text').textContent = 'Not running';
    setPageState('failed');
  }
}
