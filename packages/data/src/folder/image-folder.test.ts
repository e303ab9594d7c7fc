import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { encodePng } from '../images/png.ts'
import type { LabelledSource } from '../sources/image-source.ts'
import { centerCrop } from '../transforms/crops/center-crop.ts'
import { resize } from '../transforms/resize.ts'
import { transformed } from '../transforms/transformed.ts'
import { type ImageFolder, imageFolder } from './image-folder.ts'
import { imageFolderEntry } from './image-folder-entry.ts'

const picture = (seed: number, shape: readonly [number, number, number] = [3, 2, 3]) => ({
  shape,
  data: Uint8Array.from(rng(seed).integers(shape, 0, 256).data),
})

/** Files by their paths; those of empty names are folders. */
function folderOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = temporaryFolder()
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, name.endsWith('/') ? name : dirname(name)), { recursive: true })
    if (!name.endsWith('/')) writeFileSync(join(folder, name), bytes)
  }
  return folder
}

const emptyFiles = (...names: string[]) => folderOf(Object.fromEntries(names.map((name) => [name, ''])))

const pathsOf = ({ count, nameOf }: ImageFolder) => Array.from({ length: count }, (_, i) => nameOf(i))

describe('a folder without classes', () => {
  test('has the images of all its folders, by folder and by name, in code-point order', async () => {
    const folder = emptyFiles(
      ...[
        '9.png',
        '10.PNG',
        'b.jpeg',
        'B.jpg',
        'é.gif',
        '\u{1f600}.webp',
        '\ufb01.tif',
        'a/z.png',
        'a-b/c.png',
        'a/b/c.png',
      ],
      ...['notes.txt', '.hidden.png', '.git/a.png'],
    )
    const own = ['10.PNG', '9.png', 'B.jpg', 'b.jpeg', 'é.gif', '\ufb01.tif', '\u{1f600}.webp']
    expect(pathsOf(await imageFolder(folder))).toEqual([...own, 'a/z.png', 'a/b/c.png', 'a-b/c.png'])
    const hidden = await imageFolder(folder, { hidden: true })
    expect(pathsOf(hidden)).toEqual(['.hidden.png', ...own, '.git/a.png', 'a/z.png', 'a/b/c.png', 'a-b/c.png'])
    expect(pathsOf(await imageFolder(folder, { extensions: ['.TXT'] }))).toEqual(['notes.txt'])
  })

  test('reads its images, whatever their sizes', async () => {
    const [first, second] = [picture(1, [4, 4, 3]), picture(2, [6, 8, 3])]
    const folder = folderOf({ '1.png': encodePng(first), 'x/2.png': encodePng(second) })
    const source = await imageFolder(folder)
    expect(source).toMatchObject({ name: folder, count: 2, channels: 3, size: undefined, classNames: undefined })
    expect((await source.read([1, 0, 1])).images).toEqual([second, first, second])
    const squares = transformed(source, centerCrop(), resize({ size: 2 }))
    expect((await readBatch(squares, [0, 1])).image.shape).toEqual([2, 2, 2, 3])
  })

  test('has one size, if they all have that of the first', async () => {
    const folder = folderOf({ '1.png': encodePng(picture(1)), '2.png': encodePng(picture(2, [4, 2, 3])), '3.png': 'x' })
    const source = await imageFolder(folder, { sameSize: true })
    expect(source.size).toEqual([3, 2])
    await expect(readBatch(source, [1])).rejects.toMatchObject({
      code: 'data',
      message: `${join(folder, '2.png')}: expected images of one size, 3×2, got 4×2`,
    })
    await expect(readBatch(source, [2])).rejects.toThrow(`${join(folder, '3.png')}: `)
  })

  test('links are followed, but not in circles', async () => {
    const folder = emptyFiles('a/1.png', 'b/2.png')
    const other = emptyFiles('3.png', 'c/4.png')
    symlinkSync(other, join(folder, 'other'))
    symlinkSync(join(other, '3.png'), join(folder, 'linked.png'))
    symlinkSync(folder, join(folder, 'a', 'up'))
    symlinkSync(join(folder, 'b'), join(folder, 'a', 'to-b'))
    symlinkSync(join(folder, 'a'), join(folder, 'b', 'to-a'))
    symlinkSync('nowhere', join(folder, 'b', 'lost.png'))
    const paths = pathsOf(await imageFolder(folder))
    const fromA = ['a/1.png', 'a/to-b/2.png', 'a/to-b/lost.png']
    const fromB = ['b/2.png', 'b/lost.png', 'b/to-a/1.png']
    expect(paths).toEqual(
      ['linked.png', ...fromA, ...fromB, ...['other/3.png', 'other/c/4.png']].toSorted(byOrder(paths)),
    )
    await expect((await imageFolder(folder)).read([paths.indexOf('b/lost.png')])).rejects.toMatchObject({
      code: 'file',
    })
  })

  test('says what is there if there are no images', async () => {
    const folder = emptyFiles('a.txt', 'b.txt', 'c', 'x/', 'y/z.md')
    await expect(imageFolder(folder)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(`in ${folder}, got 2 subfolders, 2 .txt, 1 without an ending, 1 .md`),
    })
    await expect(imageFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'file' })
  })
})

const byOrder = (order: readonly string[]) => (a: string, b: string) => order.indexOf(a) - order.indexOf(b)

describe('classes are subfolders', () => {
  /** The samples of torchvision 0.29.2's ImageFolder, in its order. */
  const samples: readonly (readonly [string, number])[] = [
    ['10/1.png', 0],
    ['9/1.png', 1],
    ['B/1.png', 2],
    ['a/1.png', 3],
    ['a/10.png', 3],
    ['a/2.PNG', 3],
    ['a/z.png', 3],
    ['a/\ufb01.tif', 3],
    ['a/\u{1f600}.webp', 3],
    ['a/x/2.png', 3],
    ['a/x-y/1.png', 3],
    ['a/x/y/1.png', 3],
    ['a-b/1.png', 4],
    ['b/1.png', 5],
    ['é/1.png', 6],
  ]

  test('in code-point order, with the files of their own subfolders, in the order of torchvision', async () => {
    const folder = folderOf(Object.fromEntries(samples.map(([path], i) => [path, encodePng(picture(i))]).toReversed()))
    writeFileSync(join(folder, 'outside.png'), 'x')
    const source = await imageFolder(folder, { classes: 'folders' })
    expectTypeOf(source).toExtend<LabelledSource>()
    expect(source.classNames).toEqual(['10', '9', 'B', 'a', 'a-b', 'b', 'é'])
    expect(pathsOf(source)).toEqual(samples.map(([path]) => path))
    expect([...(await source.readLabels())]).toEqual(samples.map(([, label]) => label))
    const { images, labels } = await source.read([8, 13, 0])
    expect([images, labels]).toEqual([
      [picture(8), picture(13), picture(0)],
      [3, 5, 0],
    ])
  })

  test('an empty class is an error that names it, unless it is allowed', async () => {
    const folder = emptyFiles('a/1.png', 'b/', 'c/1.txt', 'd/2.png', '.cache/')
    await expect(imageFolder(folder, { classes: 'folders' })).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(
        `expected images in each class of ${folder}, got none in b, c; with emptyClasses`,
      ),
    })
    const source = await imageFolder(folder, { classes: 'folders', emptyClasses: true })
    expect([source.classNames, ...(await source.readLabels())]).toEqual([['a', 'b', 'c', 'd'], 0, 3])
    await expect(imageFolder(emptyFiles('1.png'), { classes: 'folders' })).rejects.toThrow(
      'got 0 subfolders, 1 .png; images in the folder itself are read without classes',
    )
  })

  test('LSUN exported to folders by the hashes of its keys', async () => {
    // As export.py --flat=False of github.com/fyu/lsun: out/key[0]/…/key[5]/key.webp
    const keys = ['0f3a91c2', '0f3b00aa', 'ffe01234', '00000001']
    const pathOf = (key: string) => `${[...key.slice(0, 6)].join('/')}/${key}.webp`
    const folder = emptyFiles(...keys.map((key) => `church_outdoor_val/${pathOf(key)}`))
    const order = keys.toSorted().map(pathOf)
    expect(pathsOf(await imageFolder(join(folder, 'church_outdoor_val')))).toEqual(order)
    const classes = await imageFolder(folder, { classes: 'folders' })
    expect([classes.classNames, pathsOf(classes)]).toEqual([
      ['church_outdoor_val'],
      order.map((path) => `church_outdoor_val/${path}`),
    ])
  })
})

test('by name', async () => {
  const folder = emptyFiles('a/1.png', 'b/2.png')
  const source = await imageFolderEntry.make({ name: 'image-folder', path: folder, classes: 'folders' })
  expect([source.count, source.classNames]).toEqual([2, ['a', 'b']])
})

test.each<[unknown, string]>([
  [{ class: 'folders' }, "imageFolder: unknown option 'class'. Did you mean 'classes'?"],
  [{ classes: 'folder' }, "expected classes, one of 'folders', 'none'; got 'folder'. Did you mean 'folders'?"],
  [{ sameSize: 1 }, 'imageFolder: expected sameSize, true or false, got 1'],
  [{ extensions: ['png'] }, "imageFolder: expected extensions such as '.png'"],
  [{ decoding: { channels: 5 } }, 'imageFolder: expected decoding.channels, 1 to 4, got 5'],
  [{ decoding: { channel: 3 } }, "imageFolder: decoding: unknown option 'channel'"],
  [{ manifest: 'x.csv' }, "imageFolder: manifest: expected an object of options, got 'x.csv'"],
  [{ manifest: { path: 'x.csv' }, classes: 'folders' }, 'expected classes of folders or a manifest, got both'],
  [{ manifest: { path: 'x.csv', classNames: ['a'] } }, 'expected label, the column of the classes, with classNames'],
])('options are checked: %j', async (options, message) => {
  await expect(imageFolder('x', options as never)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining(message),
  })
  await expect(imageFolder(1 as never)).rejects.toThrow('imageFolder: expected the path of a folder, got 1')
})
