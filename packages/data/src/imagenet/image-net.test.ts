import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { table } from '@cascade-diffusion/checks'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { beforeEach, expect, test } from 'vitest'
import { classNamesOf } from './class-names.ts'
import { imageNet } from './image-net.ts'
import { imageNetEntry } from './image-net-entry.ts'

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url))
const devkit = join(fixtures, 'ILSVRC2012_devkit_t12')
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
  readonly wnids: readonly string[]
  readonly words: Readonly<Record<string, string>>
  readonly validation: readonly string[]
  readonly [image: string]: unknown
}
const names = ['tench', 'crane (n02012849)', 'kit fox', 'crane (n03126707)', 'maillot', 'maillot, tank suit']

const parent = temporaryFolder()
const root = join(parent, 'imagenet')
beforeEach(() => rmSync(root, { recursive: true, force: true }))

/** Writes images to paths below the root. */
function write(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    copyFileSync(join(fixtures, 'rgb.JPEG'), join(root, path))
  }
}
const copyDevkit = () => cpSync(devkit, join(root, 'ILSVRC2012_devkit_t12'), { recursive: true })
const validation = expected.validation.map((_, i) => `ILSVRC2012_val_0000000${i + 1}.JPEG`)
const rgb = { shape: [12, 16, 3], data: expect.any(Uint8Array) }

test('train: folders are classes in code-point order, with the names of the devkit', async () => {
  write(
    ...expected.wnids.toReversed().flatMap((wnid) => [`train/${wnid}/${wnid}_10.JPEG`, `train/${wnid}/${wnid}_9.JPEG`]),
  )
  copyDevkit()
  const source = await imageNet(root, { split: 'train' })
  expect(source).toMatchObject({
    name: 'ImageNet train',
    count: 12,
    channels: 3,
    wnids: expected.wnids,
    classNames: names,
  })
  expect([...(await source.readLabels())]).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
  expect([0, 1, 11].map(source.nameOf)).toEqual([
    'n01440764/n01440764_10.JPEG',
    'n01440764/n01440764_9.JPEG',
    'n03710721/n03710721_9.JPEG',
  ])
  expect(await source.read([11, 2])).toEqual({ images: [rgb, rgb], labels: [5, 1] })
})

test('val of the devkit has the labels of torchvision, in folders or not', async () => {
  write(...validation.map((file) => `val/${file}`))
  copyDevkit()
  const flat = await imageNet(root, { split: 'val' })
  expect(flat).toMatchObject({ name: 'ImageNet val', count: 6, wnids: expected.wnids, classNames: names })
  const labels = expected.validation.map((wnid) => expected.wnids.indexOf(wnid))
  expect([...(await flat.readLabels())]).toEqual(labels)
  expect((await flat.read([3, 0])).labels).toEqual([labels[3], labels[0]])

  rmSync(join(root, 'val'), { recursive: true })
  write(...validation.map((file, i) => `val/${expected.validation[i]}/${file}`))
  const inFolders = await imageNet(root, { split: 'val' })
  expect(inFolders).toMatchObject({ count: 6, wnids: expected.wnids, classNames: names })
  expect([...(await inFolders.readLabels())]).toEqual([0, 1, 2, 3, 4, 5])
})

test('a part of the validation images keeps its labels; other files are ignored', async () => {
  write(`ILSVRC2012_img_val/${validation[4]}`, `ILSVRC2012_img_val/${validation[2]}`, 'ILSVRC2012_img_val/sheet.png')
  const source = await imageNet(root, { split: 'val', devkit })
  expect(source).toMatchObject({ count: 2, wnids: expected.wnids })
  expect([...(await source.readLabels())]).toEqual([2, 4].map((i) => expected.wnids.indexOf(expected.validation[i]!)))
  write('ILSVRC2012_img_val/ILSVRC2012_val_00000007.JPEG')
  await expect(imageNet(root, { split: 'val', devkit })).rejects.toThrow(
    /expected a class of ILSVRC2012_val_00000007\.JPEG in .*validation_ground_truth\.txt, there is none/,
  )
})

test("Kaggle's folders and tables", async () => {
  const cls = 'ILSVRC/Data/CLS-LOC'
  write(
    ...validation.map((file) => `${cls}/val/${file}`),
    ...expected.wnids.map((wnid) => `${cls}/train/${wnid}/a.JPEG`),
  )
  const rows = expected.validation.map(
    (wnid, i) => `ILSVRC2012_val_0000000${i + 1},${wnid} 85 1 499 272 ${wnid} 1 2 3 4 `,
  )
  // Kaggle's rows are not in order.
  writeFileSync(join(root, 'LOC_val_solution.csv'), `ImageId,PredictionString\n${rows.toReversed().join('\n')}\n`)
  const lines = Object.entries(expected.words).map(([wnid, words]) => `${wnid} ${words}`)
  writeFileSync(join(root, 'LOC_synset_mapping.txt'), `${lines.join('\r\n')}\r\n`)
  const val = await imageNet(root, { split: 'val' })
  expect(val).toMatchObject({ count: 6, wnids: expected.wnids, classNames: names })
  expect([...(await val.readLabels())]).toEqual(expected.validation.map((wnid) => expected.wnids.indexOf(wnid)))
  const train = await imageNet(join(root, cls), { split: 'train', devkit: root })
  expect(train).toMatchObject({ count: 6, classNames: names })

  writeFileSync(join(root, 'LOC_val_solution.csv'), 'ImageId,PredictionString\nILSVRC2012_val_00000001,tench\n')
  await expect(imageNet(root, { split: 'val' })).rejects.toThrow(
    "LOC_val_solution.csv, line 2: expected 'ILSVRC2012_val_00000001,n01751748 …', got 'ILSVRC2012_val_00000001,tench'",
  )
})

test('the folder itself, without names or with those of Keras; other subfolders do not shift the labels', async () => {
  write('train/n01440764/a.JPEG', 'train/n02012849/b.png', 'train/a/c.png', 'train/n01440764.d/e.png', 'train/z/f.png')
  const path = join(root, 'train')
  const source = await imageNet(path, { split: 'train' })
  expect(source).toMatchObject({ count: 2, classNames: ['n01440764', 'n02012849'] })
  expect([...(await source.readLabels())]).toEqual([0, 1])
  expect([0, 1].map(source.nameOf)).toEqual(['n01440764/a.JPEG', 'n02012849/b.png'])
  const index = { 0: ['n01440764', 'tench'], 1: ['n01484850', 'great_white_shark'] }
  writeFileSync(join(path, 'imagenet_class_index.json'), JSON.stringify(index))
  expect((await imageNet(path, { split: 'train' })).classNames).toEqual(['tench', 'n02012849'])
  await expect(imageNet(path, { split: 'val' })).rejects.toThrow('imageNet: expected folders n01440764')
})

test('images are decoded by their content: a PNG with the name of a JPEG, grey, CMYK', async () => {
  write('train/n01440764/rgb.JPEG')
  for (const file of ['png', 'cmyk', 'grey'])
    copyFileSync(join(fixtures, `${file}.JPEG`), join(root, `train/n01440764/${file}.JPEG`))
  const source = await imageNet(root, { split: 'train' })
  const { images } = await source.read([0, 1, 2, 3])
  for (const [i, file] of ['cmyk', 'grey', 'png', 'rgb'].entries())
    expect(Buffer.from(images[i]!.data).toString('hex'), file).toBe(expected[file])
})

test('missing files are errors that say what was expected and what is there', async () => {
  await expect(imageNet(root, { split: 'train' })).rejects.toThrow(
    `imageNet: expected folders n01440764, … in train, ILSVRC2012_img_train, ILSVRC/Data/CLS-LOC/train, Data/CLS-LOC/train, ` +
      `CLS-LOC/train or in ${root} itself, got no such folder`,
  )
  mkdirSync(root)
  writeFileSync(join(root, 'ILSVRC2012_img_val.tar'), '')
  await expect(imageNet(root, { split: 'val' })).rejects.toThrow(
    /or images ILSVRC2012_val_00000001\.JPEG .* got ILSVRC2012_img_val\.tar: unpack ILSVRC2012_img_val\.tar first/,
  )
  write(`val/${validation[0]}`)
  await expect(imageNet(root, { split: 'val' })).rejects.toThrow(
    /expected the classes of the validation images: the devkit .*, LOC_val_solution\.csv, .*found none in/,
  )
  copyDevkit()
  writeFileSync(join(root, 'ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt'), '1\n1001\n')
  await expect(imageNet(root, { split: 'val' })).rejects.toThrow(
    /ground_truth\.txt, line 2: expected a number of a class in .*meta\.mat, got '1001'/,
  )
  write('train/n01440764/a.JPEG')
  mkdirSync(join(root, 'train/n02012849'))
  await expect(imageNet(root, { split: 'train' })).rejects.toThrow('got none in n02012849')
})

test('wrong options are errors', async () => {
  const { rejects } = expect(imageNet(root, { split: 'test' } as never))
  await rejects.toThrow("imageNet: expected a split, one of 'train', 'val'; got 'test'")
  await expect(imageNet(root, { split: 'val', devKit: 'x' } as never)).rejects.toThrow("Did you mean 'devkit'?")
  await expect(imageNet('', { split: 'val' })).rejects.toThrow("expected the path of a folder, got ''")
  await expect(imageNet(root, { split: 'val', decoding: { channels: 5 } } as never)).rejects.toThrow('1 to 4')
  write('train/n01440764/a.JPEG')
  await expect(imageNet(root, { split: 'train', devkit: parent })).rejects.toThrow('expected data/meta.mat')
})

test('the entry makes it of a JSON value', async () => {
  write('train/n01440764/a.JPEG')
  const sources = table('a source', [imageNetEntry])
  const source = await sources.of('test', { name: 'imagenet', path: root, split: 'train', decoding: { channels: 1 } })
  expect(source).toMatchObject({ name: 'ImageNet train', count: 1, channels: 1 })
})

test('names are unique, and as short as they can be', () => {
  const words = new Map([
    ['a', 'one, two'],
    ['b', 'one, three'],
    ['c', 'four'],
    ['d', 'four'],
    ['e', 'five, six'],
  ])
  expect(classNamesOf(['a', 'b', 'c', 'd', 'e', 'f'], words)).toEqual([
    'one, two',
    'one, three',
    'four (c)',
    'four (d)',
    'five',
    'f',
  ])
})
