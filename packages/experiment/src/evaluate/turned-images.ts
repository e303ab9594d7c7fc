import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteImages, ImageSize, ImageSource, LabelledSource } from '@cascade-diffusion/data'
import type { Rng } from '@cascade-diffusion/random'

/** The number of turns that an image can have been given without changing its size: by quarters, or by halves if it is no square. */
export const turnsOf = ([height, width]: ImageSize): number => (height === width ? 4 : 2)

/** Pixels [height, width, channels] after `turn` of `turns` turns, anticlockwise. */
function turned<T extends Uint8Array | Float32Array>(
  from: T,
  [height, width, channels]: readonly [number, number, number],
  turn: number,
  turns: number,
): T {
  const to = from.slice() as T
  const quarters = (4 / turns) * turn
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [fromY, fromX] = [
        [y, x],
        [x, width - 1 - y],
        [height - 1 - y, width - 1 - x],
        [height - 1 - x, y],
      ][quarters]!
      const [at, source] = [(y * width + x) * channels, (fromY! * width + fromX!) * channels]
      for (let c = 0; c < channels; c++) to[at + c] = from[source + c]!
    }
  return to
}

/**
 * Every image of a source in all its turns, labelled by its turn: image i is image i / turns after i mod turns turns.
 * @throws if the images are not all of one size.
 */
export function turnedImages(source: ImageSource): LabelledSource {
  const { name, count, channels, size } = source
  if (!size) throw new CascadeError('data', `evaluator: expected images of one size, got several in '${name}'`)
  const turns = turnsOf(size)
  return {
    name: `${name} (turned)`,
    count: count * turns,
    channels,
    size,
    classNames: Array.from({ length: turns }, (_, turn) => `${(360 / turns) * turn}°`),
    async read(indices, options) {
      const below = [...new Set(indices.map((i) => Math.floor(i / turns)))]
      const { images } = await source.read(below, options)
      const byIndex = new Map(below.map((index, i) => [index, images[i]!]))
      const read = indices.map((i): ByteImages => {
        const { shape, data } = byIndex.get(Math.floor(i / turns))!
        return { shape, data: turned(data as Uint8Array, [...size, channels], i % turns, turns) }
      })
      return { images: read, labels: indices.map((i) => i % turns) }
    },
  }
}

/** Images [n, h, w, c], each after a random turn, with their turns as labels, int32 [n]. */
export function randomlyTurned({ shape, data }: NDArray<'float32'>, key: Rng) {
  const [n, height, width, channels] = shape as [number, number, number, number]
  const turns = turnsOf([height, width])
  const label = key.integers([n], 0, turns)
  const each = height * width * channels
  const image = new Float32Array(data.length)
  for (let i = 0; i < n; i++)
    image.set(
      turned(data.subarray(i * each, (i + 1) * each), [height, width, channels], label.data[i]!, turns),
      i * each,
    )
  return { image: ndarray(image, shape), label }
}
