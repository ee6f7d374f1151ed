/** Play button, position and the name of what is on the stage. */
import type { Player } from '../audio/player';
import { seconds } from '../format';
import type { Stage } from '../pictures/stage';

const kPlayIcon = 'M7 4.5v15l13-7.5z';
const kPauseIcon = 'M6 5h4v14H6zM14 5h4v14h-4z';

export class Transport {
  readonly #button = document.getElementById('play') as HTMLButtonElement;
  readonly #icon = document.getElementById('play-icon') as unknown as SVGPathElement;
  readonly #seek = document.getElementById('seek') as HTMLInputElement;
  readonly #player: Player;
  readonly #stage: Stage;

  constructor(player: Player, stage: Stage) {
    this.#player = player;
    this.#stage = stage;
    this.#button.addEventListener('click', () => {
      if (player.playing) player.stop();
      else void player.play();
    });
    this.#seek.addEventListener('input', () => this.#moveTo(this.#seek.valueAsNumber));
    stage.onSeek = (time) => this.#moveTo(time);
    player.onChange = (playing) => {
      this.#icon.setAttribute('d', playing ? kPauseIcon : kPlayIcon);
      this.#button.setAttribute('aria-label', playing ? 'Pause' : 'Play');
      if (playing) this.#follow();
      else this.#update();
    };
  }

  load(pcm: Float32Array<ArrayBuffer>, title: string, subtitle: string): void {
    this.#player.load(pcm);
    this.#button.disabled = false;
    this.#seek.disabled = false;
    this.#seek.max = String(this.#player.seconds);
    this.#seek.valueAsNumber = 0;
    this.#name(title, subtitle);
  }

  disable(title: string, subtitle: string): void {
    this.#button.disabled = true;
    this.#seek.disabled = true;
    this.#name(title, subtitle);
  }

  #name(title: string, subtitle: string): void {
    (document.getElementById('stage-title') as HTMLElement).textContent = title;
    (document.getElementById('stage-sub') as HTMLElement).textContent = subtitle;
  }

  #moveTo(time: number): void {
    if (this.#button.disabled) return;
    this.#player.seek(time);
    this.#update();
  }

  #follow(): void {
    this.#update();
    if (this.#player.playing) requestAnimationFrame(() => this.#follow());
  }

  #update(): void {
    const { position } = this.#player;
    this.#stage.moveTo(position);
    this.#seek.valueAsNumber = position;
    this.#seek.setAttribute('aria-valuetext', `${seconds(position)} of ${seconds(this.#player.seconds)}`);
  }
}
