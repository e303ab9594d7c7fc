import { encodedSource, imageFolder, type LabelledSource } from '@cascade-diffusion/data'

/** The images of a folder, of one size, whose names begin with their class: `n01440764_10026.JPEG`. */
export async function labelledImages(path: string): Promise<LabelledSource> {
  const { name, count, size, pathOf, encoded } = await imageFolder(path, { sameSize: true })
  const classOf = (index: number) => pathOf(index).split('_')[0]!
  const classNames = [...new Set(Array.from({ length: count }, (_, index) => classOf(index)))].toSorted()
  const labelOf = new Map(classNames.map((className, label) => [className, label]))
  const source = encodedSource({
    name,
    count,
    classNames,
    size,
    encoded: {
      decoding: encoded.decoding,
      async locate(indices) {
        const { images } = await encoded.locate(indices)
        return { images, labels: indices.map((index) => labelOf.get(classOf(index))!) }
      },
    },
  })
  return { ...source, classNames }
}
