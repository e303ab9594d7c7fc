// Drawings of a sun over hills, in the formats and sizes that pictures come in: a stand-in for a folder of photographs.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import sharp, { type Sharp } from 'sharp'

/** How each drawing is written; they take turns. */
const formats: readonly (readonly [ending: string, (drawing: Sharp) => Sharp])[] = [
  ['jpg', (drawing) => drawing.jpeg({ quality: 90 })],
  ['png', (drawing) => drawing.png()],
  ['webp', (drawing) => drawing.webp({ quality: 90 })],
  ['palette.png', (drawing) => drawing.png({ palette: true, colours: 64 })],
  ['turned.jpg', (drawing) => drawing.rotate(90).withMetadata({ orientation: 8 }).jpeg({ quality: 90 })], // by EXIF
  ['JPEG', (drawing) => drawing.jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
  ['tif', (drawing) => drawing.tiff({ compression: 'lzw' })],
  ['grey.jpg', (drawing) => drawing.toColourspace('b-w').jpeg()],
]

/** Writes drawings, each of which depends on its index alone, and returns the folder. */
export async function drawings(folder: string, count = 160): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (let index = 0; index < count; index++) {
    const [ending, format] = formats[index % formats.length]!
    await writeFile(join(folder, `${index}.${ending}`), await format(sharp(Buffer.from(draw(index)))).toBuffer())
  }
  return folder
}

/** An SVG drawing, 72 to 152 pixels wide and high. */
function draw(index: number): string {
  const u = rng(0).fold(`${index}`).uniform([8]).data
  const [width, height] = [72 + Math.floor(80 * u[0]!), 72 + Math.floor(80 * u[1]!)]
  const side = Math.min(width, height)
  const hue = [20, 200, 280][Math.floor(3 * u[2]!)]! + 20 * u[3]!
  const [x, y, r] = [width * (0.25 + 0.5 * u[4]!), height * (0.2 + 0.25 * u[5]!), 0.13 * side]
  const hill = (at: number, top: number, colour: string) =>
    `<ellipse cx="${at * width}" cy="${height}" rx="${0.7 * width}" ry="${top * height}" fill="${colour}"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <linearGradient id="sky" x2="0" y2="1">
      <stop stop-color="hsl(${hue}, 70%, 45%)"/><stop offset="1" stop-color="hsl(${hue + 30}, 80%, 85%)"/>
    </linearGradient>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    <circle cx="${x}" cy="${y}" r="${r}" fill="#fff3c0"/>
    ${hill(0.2 + 0.2 * u[6]!, 0.42, '#4d7f5b')}${hill(0.7 + 0.2 * u[7]!, 0.32, '#274f3c')}
  </svg>`
}
