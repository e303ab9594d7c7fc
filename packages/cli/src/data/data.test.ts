import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodePng, preparedImages } from '@cascade-diffusion/data'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { run } from '../test-support.ts'

/** PNG files of 12×16 in classes a and b. */
function pictures(count: number): string {
  const folder = temporaryFolder()
  for (const name of ['a', 'b']) mkdirSync(join(folder, name))
  for (let i = 0; i < count; i++) {
    const data = Uint8Array.from({ length: 12 * 16 * 3 }, (_, at) => (at * (i + 5)) % 256)
    writeFileSync(join(folder, 'ab'[i % 2]!, `${i}.png`), encodePng({ shape: [12, 16, 3], data }))
  }
  return folder
}

const folder = pictures(10)
writeFileSync(join(folder, 'a', 'bad.png'), 'no picture')

test('inspect prints what is there', async () => {
  const { code, text } = await run('data', 'inspect', folder)
  expect(code).toBe(0)
  expect(text).toContain(`${folder}: 11 images of 2 classes`)
  expect(text).toMatch(/unreadable +1 image\n.*bad\.png/)
})

test('inspect as JSON, of a sample, and as a page', async () => {
  const page = join(temporaryFolder(), 'new', 'page.html')
  const { code, text } = await run('data', 'inspect', folder, '--json', '--sample', '4', '--page', page)
  expect(code).toBe(0)
  expect(JSON.parse(text)).toMatchObject({ count: 11, inspected: 4, sizes: { different: 1 } })
  expect(readFileSync(page, 'utf8')).toContain('<h2>Contact sheet</h2>')
  const config = JSON.stringify({ name: 'image-folder', path: folder })
  expect(JSON.parse((await run('data', 'inspect', config, '--json')).text).classes).toBeUndefined()
})

test('prepare makes a copy that preparedImages reads, once', async () => {
  for (const [crop, format] of [
    ['center', 'npy'],
    ['torchvision', 'tar'],
    ['adm', 'npy'],
    ['biggan', 'npy'],
    ['none', 'npy'],
  ] as const) {
    const copy = join(temporaryFolder(), 'copy')
    const args = [
      folder,
      copy,
      '--size',
      '8',
      '--crop',
      crop,
      '--format',
      format,
      '--unreadable',
      'skip',
      '--shard-images',
      '4',
    ]
    const { code, text } = await run('data', 'prepare', ...args)
    expect(code).toBe(0)
    expect(text).toContain(`\n${copy}: 10 images\nwritten:\n  images  ${copy}`)
    expect(text).toMatch(/^left out: .*bad\.png/)
    const source = await preparedImages(copy, { verify: true })
    expect([source.size, source.classNames, source.manifest]).toMatchObject([
      [8, 8],
      ['a', 'b'],
      { settings: { format } },
    ])
    expect((await run('data', 'prepare', ...args)).text).toContain(`${copy}: 10 images, nothing was missing`)
  }
})

test('prepare ends at an image that cannot be read, with its name', async () => {
  const { code, errors } = await run('data', 'prepare', folder, join(temporaryFolder(), 'copy'), '--size', '8')
  expect(code).toBe(1)
  expect(errors).toMatch(/^error: .*bad\.png: could not be decoded/)
})

test('Ctrl-C exits with 130, and the same command makes the copy of one that was not stopped', async () => {
  const [images, copy, whole] = [pictures(150), join(temporaryFolder(), 'copy'), join(temporaryFolder(), 'copy')]
  const args = ['data', 'prepare', images, copy, '--size', '8', '--shard-images', '5', '--format', 'tar']
  const bin = fileURLToPath(new URL('../../../cascade-diffusion/src/bin.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@cascade-diffusion/source', '--import=tsx', bin, ...args])
  let errors = ''
  child.stderr.on('data', (text) => {
    errors += text
  })
  while (!existsSync(join(copy, 'unfinished.json')) && child.exitCode === null)
    await new Promise((r) => setTimeout(r, 2))
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  expect(errors).toContain('prepareImages: interrupted')
  expect(code).toBe(130)
  expect(existsSync(join(copy, 'manifest.json'))).toBe(false)
  expect((await run(...args)).code).toBe(0)
  expect((await run(...args.with(3, whole))).code).toBe(0)
  expect(readdirSync(copy)).toEqual(readdirSync(whole))
  for (const file of readdirSync(copy)) expect(readFileSync(join(copy, file))).toEqual(readFileSync(join(whole, file)))
})

test.each([
  [['data', 'inspect'], 2, "missing required argument 'PATH'"],
  [['data', 'inspect', 'a', 'b'], 2, "too many arguments for 'inspect'"],
  [['data', 'inspect', folder, '--split', 'tests'], 2, '--split: expected train, val or test'],
  [['data', 'inspect', folder, '--sample', '0'], 2, '--sample: expected a whole number from 1'],
  [['data', 'inspect', folder, '--pages', 'x'], 2, "unknown option '--pages'. Did you mean '--page'?"],
  [['data', 'inspect', 'nowhere'], 1, 'expected a file or a folder nowhere, there is none'],
  [['data', 'inspect', '{x'], 1, 'expected a path or the JSON of a source'],
  [['data', 'inspect', '{"name":"tars"}'], 1, "one of 'image-folder'"],
  [['data', 'inspect', folder, '--page', join(folder, 'a', '0.png', 'x.html')], 1, '--page: expected a folder'],
  [['data', 'inspect', folder, '--page', folder], 1, '--page: expected a file'],
  [['data', 'inspect', '{a,b}.tar'], 1, 'expected a file or a folder a.tar, there is none'],
  [['data', 'prepare', folder], 2, "missing required argument 'FOLDER'"],
  [['data', 'prepare', folder, 'x', 'y'], 2, "too many arguments for 'prepare'"],
  [['data', 'prepare', folder, 'x', '--crop', 'adm'], 2, '--crop: expected --size too'],
  [['data', 'prepare', folder, 'x', '--size', '8', '--crop', 'centre'], 2, "Did you mean 'center'?"],
  [['data', 'prepare', folder, 'x', '--format', 'zip'], 2, '--format: expected npy or tar'],
  [
    ['data', 'prepare', folder, 'x'],
    2,
    'expected --size, as the images differ in size; --format tar keeps their sizes',
  ],
])('%j fails', async (args, code, message) => {
  const result = await run(...args)
  expect(result.code).toBe(code)
  expect(result.errors).toContain(message)
})

test('help names both', async () => {
  expect((await run('data', '--help')).text).toMatch(/inspect .*\n {2}prepare /)
  expect((await run('data', 'prepare', '--help')).text).toContain('--shard-images <N>')
})
