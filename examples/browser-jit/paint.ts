/// <reference lib="dom" />
import { resolution } from './shapes.ts'

/** Paints images [n, 16, 16, 3] in [-1, 1] into a canvas, in rows of `columns`. */
export function paintImages(canvas: HTMLCanvasElement, pixels: Float32Array, columns: number): void {
  const rows = pixels.length / (columns * resolution ** 2 * 3)
  canvas.width = columns * resolution
  canvas.height = rows * resolution
  const image = new ImageData(canvas.width, canvas.height)
  for (let y = 0; y < canvas.height; y++)
    for (let x = 0; x < canvas.width; x++) {
      const index = Math.floor(y / resolution) * columns + Math.floor(x / resolution)
      const from = ((index * resolution + (y % resolution)) * resolution + (x % resolution)) * 3
      const to = (y * canvas.width + x) * 4
      for (let c = 0; c < 3; c++) image.data[to + c] = 127.5 * (pixels[from + c]! + 1)
      image.data[to + 3] = 255
    }
  canvas.getContext('2d')!.putImageData(image, 0, 0)
}

/** Paints the losses of all steps, and in front of them their moving average, on a logarithmic scale. */
export function paintLosses(canvas: HTMLCanvasElement, losses: readonly number[]): void {
  const scale = devicePixelRatio
  const [width, height] = [canvas.clientWidth * scale, canvas.clientHeight * scale]
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')!
  const [low, high] = [Math.log(0.03), Math.log(1.2)]
  const left = 28 * scale
  const line = (values: readonly number[], style: string, lineWidth: number) => {
    context.beginPath()
    for (const [i, value] of values.entries())
      context.lineTo(
        left + (i / Math.max(1, values.length - 1)) * (width - left),
        height - ((Math.log(value) - low) / (high - low)) * height,
      )
    Object.assign(context, { strokeStyle: style, lineWidth: lineWidth * scale, lineJoin: 'round' })
    context.stroke()
  }
  const getStyle = getComputedStyle(canvas)
  context.fillStyle = getStyle.getPropertyValue('--soft')
  context.font = `${11 * scale}px system-ui, sans-serif`
  for (const tick of [1, 0.3, 0.1]) {
    const y = height - ((Math.log(tick) - low) / (high - low)) * height
    context.fillRect(left, y, width, 0.5)
    context.fillText(`${tick}`, 0, y + 4 * scale)
  }
  let average = losses[0] ?? 0
  line(losses, 'rgb(124 156 255 / 30%)', 1)
  const averages = losses.map((loss, i) => {
    average += (loss - average) * Math.max(0.05, 1 / (i + 1))
    return average
  })
  line(averages, getStyle.getPropertyValue('--accent'), 2)
}
