import { type ImageSize, sizeOfImage } from '../images/image-size.ts'
import type { EachImage } from '../sources/read-each.ts'
import { counter, spreadOf } from './counter.ts'
import type { NamedImage, SizeFigures } from './inspection.ts'

/** Where classes of width / height begin. */
const ratios = [0, 0.5, 2 / 3, 0.75, 0.95, 1.05, 4 / 3, 1.5, 2] as const

type Sized = NamedImage & { readonly size: ImageSize }

/** Counts the sizes of images. */
export function sizeTally() {
  const [heights, widths] = [counter<number>(), counter<number>()]
  const sizes = counter<string>()
  const byRatio = ratios.map(() => 0)
  let [smallest, largest]: [Sized | undefined, Sized | undefined] = [undefined, undefined]
  const pixels = ({ size }: Sized) => size[0] * size[1]
  return {
    add({ index, name, image }: EachImage): void {
      const size = sizeOfImage(image!)
      const [height, width] = size
      heights.add(height)
      widths.add(width)
      sizes.add(`${height},${width}`)
      byRatio[ratios.findLastIndex((from) => from <= width / height)]!++
      const sized = { index, name, size }
      if (!smallest || pixels(sized) < pixels(smallest)) smallest = sized
      if (!largest || pixels(sized) > pixels(largest)) largest = sized
    },
    /** Undefined if there was no image. */
    figures(): SizeFigures | undefined {
      if (!smallest || !largest) return undefined
      const common = sizes.most(20).map(({ what, images }) => {
        const [height, width] = what.split(',').map(Number) as [number, number]
        return { what: [height, width] as const, images }
      })
      return {
        height: spreadOf(heights.counts),
        width: spreadOf(widths.counts),
        different: sizes.counts.size,
        common,
        aspectRatios: ratios.map((from, i) => ({ from, images: byRatio[i]! })).filter(({ images }) => images > 0),
        smallest,
        largest,
      }
    },
  }
}
