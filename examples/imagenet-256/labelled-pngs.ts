import { type LabelledSource, pngFolder } from '@cascade-diffusion/data'

/** The PNG files of a folder, in colour and of one size, whose names begin with their class: `n01440764_10026.png`. */
export async function labelledPngs(path: string): Promise<LabelledSource> {
  const folder = await pngFolder(path, { channels: 3 })
  const classes = folder.files.map((file) => file.split('_')[0]!)
  const classNames = [...new Set(classes)].toSorted()
  const indexOf = new Map(classNames.map((name, index) => [name, index]))
  return {
    ...folder,
    classNames,
    async read(indices) {
      const { images } = await folder.read(indices)
      return { images, labels: indices.map((i) => indexOf.get(classes[i]!)!) }
    },
  }
}
