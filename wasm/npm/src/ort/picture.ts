/** Between pictures and tensors [1, channels, height, width], with the numbers that onnxruntime-web gives. */
import { EdgyError } from '../index.js';
import type {
  ImageFormat,
  OptionsNormalizationParameters,
  TensorFromUrlOptions,
  TensorToImageDataOptions,
} from './api.js';

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA. */
  readonly data: Uint8ClampedArray;
}

const wrong = (message: string) => new EdgyError('invalid-argument', message);

/** Where red, green, blue and alpha are in a tensor's channels; -1 for none. */
const orders: Readonly<Record<ImageFormat, readonly [number, number, number, number]>> = {
  RGB: [0, 1, 2, -1],
  RGBA: [0, 1, 2, 3],
  BGR: [2, 1, 0, -1],
  RBG: [0, 2, 1, -1],
};

function orderOf(format: ImageFormat = 'RGB') {
  const order = orders[format];
  if (order) return order;
  throw wrong(
    `'${String(format).slice(0, 40)}' is no format of a picture: there are ${Object.keys(orders).join(', ')}.`,
  );
}

function channels(given: number | readonly number[] | undefined, otherwise: number): readonly number[] {
  if (typeof given !== 'object') return new Array(4).fill(given ?? otherwise);
  return [0, 1, 2, 3].map((channel) => given[channel] ?? otherwise);
}

function normalization({ norm }: OptionsNormalizationParameters) {
  return { mean: channels(norm?.mean, 255), bias: channels(norm?.bias, 0) };
}

function context(width: number, height: number) {
  const canvas =
    typeof document === 'undefined'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (!pen) throw wrong('This page can make no canvas.');
  return { canvas, pen };
}

function drawn(image: CanvasImageSource, width: number, height: number): Pixels {
  const { pen } = context(width, height);
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, width, height);
}

async function load(url: string): Promise<HTMLImageElement> {
  if (typeof Image === 'undefined')
    throw wrong('The address of a picture needs a page: give an ImageData or ImageBitmap.');
  const image = new Image();
  image.crossOrigin = 'anonymous';
  image.src = url;
  await image.decode().catch((error) => {
    throw new EdgyError('network', `The picture ${url.slice(0, 200)} could not be loaded.`, { cause: error });
  });
  return image;
}

const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice('[object '.length, -1);

/** What `Tensor.fromImage` makes of `source`. As in onnxruntime-web `resizedWidth` and `resizedHeight` cut, they do not scale. */
export async function fromImage(
  source: unknown,
  options: TensorFromUrlOptions = {},
): Promise<{ data: Float32Array; dims: readonly number[] }> {
  if (options.tensorLayout === 'NHWC') throw wrong('The layout NHWC cannot be had: pictures become NCHW.');
  const { resizedWidth, resizedHeight } = options;
  const cut = resizedWidth !== undefined && resizedHeight !== undefined ? [resizedWidth, resizedHeight] : undefined;
  let format = options.tensorFormat;
  let pixels: Pixels;
  let size: readonly number[] | undefined;
  switch (kindOf(source)) {
    case 'ImageData':
      pixels = source as ImageData;
      size = cut;
      break;
    case 'HTMLImageElement': {
      if (format !== undefined) throw wrong('tensorFormat of an image element is RGBA: leave it out.');
      format = 'RGBA';
      const image = source as HTMLImageElement;
      pixels = drawn(image, image.width, image.height);
      size = cut;
      break;
    }
    case 'ImageBitmap': {
      const image = source as ImageBitmap;
      pixels = drawn(image, image.width, image.height);
      break;
    }
    case 'String': {
      const image = await load(source as string);
      pixels = drawn(image, image.width, image.height);
      break;
    }
    default:
      throw wrong('A picture is an ImageData, an image element, an ImageBitmap or an address.');
  }
  const [width, height] = (size ?? [pixels.width, pixels.height]) as [number, number];
  const order = orderOf(format);
  const { mean, bias } = normalization(options);
  const area = width * height;
  const data = new Float32Array(area * (order[3] < 0 ? 3 : 4));
  order.forEach((place, channel) => {
    if (place < 0) return;
    const [divisor, shift] = [mean[channel] as number, bias[channel] as number];
    for (let y = 0, to = place * area; y < height; y++) {
      for (let x = 0; x < width; x++, to++) {
        const inside = x < pixels.width && y < pixels.height;
        const value = inside ? (pixels.data[4 * (y * pixels.width + x) + channel] as number) : 0;
        data[to] = (value + shift) / divisor;
      }
    }
  });
  return { data, dims: [1, data.length / area || 3, height, width] };
}

interface Source {
  readonly data: unknown;
  readonly dims: readonly number[];
}

export function toImageData({ data, dims }: Source, options: TensorToImageDataOptions = {}): ImageData {
  const last = options.tensorLayout === 'NHWC';
  const [, a, b, c] = dims as [number, number, number, number];
  const [count, height, width] = last ? [c, a, b] : [a, b, c];
  const order = orderOf(options.format ?? (count === 4 ? 'RGBA' : 'RGB'));
  if (dims.length !== 4 || count !== (order[3] < 0 ? 3 : 4))
    throw wrong(
      `A picture is a tensor of shape [1, 3 or 4, height, width], and its format fits: this one is [${dims}].`,
    );
  const { mean, bias } = normalization(options);
  const picture = new ImageData(width, height);
  const area = width * height;
  const values = data as ArrayLike<number>;
  for (let at = 0; at < area; at++) {
    order.forEach((place, channel) => {
      const from = last ? at * count + place : place * area + at;
      picture.data[4 * at + channel] =
        place < 0 ? 255 : ((values[from] as number) - (bias[channel] as number)) * (mean[channel] as number);
    });
  }
  return picture;
}

export function toPng(source: Source, options: TensorToImageDataOptions = {}): string {
  const picture = toImageData(source, options);
  const { canvas, pen } = context(picture.width, picture.height);
  pen.putImageData(picture, 0, 0);
  if ('toDataURL' in canvas) return canvas.toDataURL();
  throw wrong('toDataURL needs a page: in a worker use toImageData.');
}
