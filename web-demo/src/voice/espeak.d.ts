/** As far as the page uses it. */
declare module '@echogarden/espeak-ng-emscripten' {
  interface Synthesizer {
    set_voice(name: string): number;
    get_samplerate(): number;
    /** Calls back with stretches of sound, 16 bits; a true answer would end it. */
    synthesize(text: string, onSound: (audio: Int16Array | null) => unknown): number;
  }
  interface Module {
    readonly eSpeakNGWorker: new () => Synthesizer;
  }
  export default function create(options: {
    getPreloadedPackage: (name: string, size: number) => ArrayBuffer;
  }): Promise<Module>;
}
