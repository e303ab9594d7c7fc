import { formatNumber } from '@cascade-diffusion/reports'
import { shownSize } from '../images/image-size.ts'
import type { Inspection, Share, SizeFigures, Spread } from './inspection.ts'

/** `1,234`. */
export const whole = (n: number): string => n.toLocaleString('en-US')

/** `1 image`, `2 images`. */
export const counted = (n: number, one: string, more = `${one}s`): string => `${whole(n)} ${n === 1 ? one : more}`

/** `12.3 MB`. */
export function bytesInWords(bytes: number): string {
  const unit = ['B', 'kB', 'MB', 'GB', 'TB'].findLastIndex((_, i) => bytes >= 1000 ** i || i === 0)
  const value = bytes / 1000 ** unit
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`
}

/** `1.2 %`. */
export const percent = (part: number, total: number): string => `${((100 * part) / total).toFixed(1)} %`

/** `20 to 500, median 375`. */
export const spreadInWords = ({ least, median, greatest }: Spread, show: (n: number) => string = whole): string =>
  least === greatest ? show(least) : `${show(least)} to ${show(greatest)}, median ${show(median)}`

/** `jpeg 1,200, png 3`. */
export const sharesInWords = (shares: readonly Share<string>[]): string =>
  shares.map(({ what, images }) => (shares.length === 1 ? what : `${what} ${whole(images)}`)).join(', ')

/** `0.75 to 1.33`: a class of aspect ratios. */
export function ratioInWords(ratios: SizeFigures['aspectRatios'], i: number): string {
  const bounds = [0, 0.5, 2 / 3, 0.75, 0.95, 1.05, 4 / 3, 1.5, 2]
  const from = ratios[i]!.from
  const to = bounds[bounds.indexOf(from) + 1]
  const show = (x: number) => formatNumber(Number(x.toFixed(2)))
  if (from === 0) return `below ${show(to!)}`
  return to === undefined ? `from ${show(from)}` : `${show(from)} to ${show(to)}`
}

/** The sizes of images, or the range of many sizes. */
export function sizesInWords({ smallest, largest, different, common }: SizeFigures): string {
  if (different <= 3) return common.map(({ what }) => shownSize(what)).join(', ')
  return `${shownSize(smallest.size)} to ${shownSize(largest.size)}, ${counted(different, 'size')}`
}

/** Whether some images were not looked at. */
export const isSample = ({ count, inspected }: Inspection): boolean => inspected < count
