/** A canvas that is as sharp as the screen and knows its size in CSS pixels. */
export class Surface {
  readonly context: CanvasRenderingContext2D;
  width = 0;
  height = 0;
  scale = 1;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext('2d') as CanvasRenderingContext2D;
  }

  static byId(id: string): Surface {
    return new Surface(document.getElementById(id) as HTMLCanvasElement);
  }

  /** Clears, at the size that the layout gives. False while the canvas is not shown. */
  begin(): boolean {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return false;
    this.scale = Math.min(3, devicePixelRatio || 1);
    this.width = clientWidth;
    this.height = clientHeight;
    this.canvas.width = Math.round(clientWidth * this.scale);
    this.canvas.height = Math.round(clientHeight * this.scale);
    this.context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    return true;
  }
}

/** Colours that the style sheet decides and the pictures share. */
export interface Palette {
  readonly theme: 'light' | 'dark';
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly alert: string;
  /** Text on the colour of a code. */
  readonly onCode: string;
  readonly font: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
    ink: read('--ink'),
    muted: read('--muted'),
    line: read('--line'),
    accent: read('--accent'),
    alert: read('--alert'),
    onCode: read('--on-accent'),
    font: getComputedStyle(document.body).fontFamily,
  };
}
