import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { tarOf, written } from '../testing/tar-shards.ts'
import { type TarShardsOptions, tarShards } from './tar-shards.ts'
import { writeTar } from './write-tar.ts'

test('labels: numbers, names, fields of JSON, given classes', async () => {
  const path = written(tarOf('webdataset-plain.tar'))
  const read = async (options: TarShardsOptions) => {
    const { classNames, readLabels } = await tarShards(path, {
      image: ['png', 'd.png'],
      ...options,
      incomplete: 'skip',
    })
    return { classNames, labels: [...((await readLabels?.()) ?? [])] }
  }
  expect(await read({})).toEqual({ classNames: undefined, labels: [] })
  expect(await read({ label: 'cls' })).toEqual({ classNames: ['0', '1'], labels: [0, 1] })
  expect(await read({ label: 'txt' })).toEqual({ classNames: ['b', 'ä'], labels: [0, 1] })
  expect(await read({ label: 'd.cls' })).toEqual({ classNames: ['0', '1', '2'], labels: [2] })
  expect(await read({ label: 'json', labelField: 'label' })).toEqual({ classNames: ['0', '1'], labels: [0, 1] })
  expect(await read({ label: 'json', labelField: 'class.name' })).toEqual({ classNames: ['b', 'ä'], labels: [0, 1] })
  const classNames = ['ä', 'Z', 'b']
  expect(await read({ label: 'cls', classNames })).toEqual({ classNames, labels: [0, 1] })
  expect(await read({ label: 'txt', classNames })).toEqual({ classNames, labels: [2, 0] })

  const entry = `${path}: 000000`
  const refused: readonly [TarShardsOptions, string][] = [
    [{ label: 'json' }, `${entry}.json: expected a number or a name, got`],
    [{ label: 'json' }, '; labelField names a field of it'],
    [{ label: 'json', labelField: 'clas' }, `${entry}.json: expected a number or a name in 'clas', got`],
    [{ label: 'json', labelField: '__proto__' }, `${entry}.json: expected a number or a name in '__proto__', got`],
    [{ label: 'txt', classNames: ['a'] }, `${entry}.txt: expected a label, one of the classNames, got 'b'`],
    [{ label: 'cls', classNames: ['a'] }, `${path}: 000001.cls: expected a label from 0 to 0, got 1`],
    [
      { label: 'cls' },
      `${path}: a.b/c: expected a label '.cls', got .d.cls, .d.json, .d.png, .d.txt alone; incomplete:`,
    ],
  ]
  for (const [options, message] of refused)
    await expect(tarShards(path, { image: ['png', 'd.png'], ...options })).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(message),
    })
})

test('classes by name are in code-point order, whatever shard comes first', async () => {
  const folder = temporaryFolder()
  const names = ['b', 'Z', '\u{1f600}', '\uffee', 'a', 'ä']
  for (const [i, name] of names.entries())
    await writeTar(join(folder, `${i}.tar`), [
      { name: '0.jpg', bytes: Buffer.from('') },
      { name: '0.txt', bytes: Buffer.from(` ${name}\n`) },
    ])
  const { classNames, readLabels } = await tarShards(folder, { label: 'txt' })
  expect(classNames).toEqual(['Z', 'a', 'b', 'ä', '\uffee', '\u{1f600}'])
  expect([...((await readLabels?.()) ?? [])]).toEqual([2, 0, 5, 4, 1, 3])
})

test('what is wrong with labels', async () => {
  const path = join(temporaryFolder(), 'a.tar')
  const labelled = async (...labels: readonly (string | Uint8Array)[]) => {
    const entries = labels.flatMap((label, i) => [
      { name: `${i}.jpg`, bytes: Buffer.from('') },
      { name: `${i}.cls`, bytes: Buffer.from(label as string) },
    ])
    await writeTar(path, entries)
    return tarShards(path, { label: 'cls' })
  }
  await expect(labelled('1', 'cat')).rejects.toThrow(
    `tarShards: expected labels that are all numbers or all names, got a number in ${path}: 0.cls and a name in ${path}: 1.cls`,
  )
  await expect(labelled('1', '-1')).rejects.toThrow(`${path}: 1.cls: expected a label from 0 to 99999, got -1`)
  await expect(labelled('123456')).rejects.toThrow('expected a label from 0 to 99999, got 123456')
  await expect(labelled(' \n')).rejects.toThrow(`${path}: 0.cls: expected a label, got an empty entry`)
  await expect(labelled(new Uint8Array((1 << 20) + 1))).rejects.toThrow('expected a label of at most 1048576 bytes')
  await expect(tarShards(path, { label: 'json' })).rejects.toThrow("expected a label '.json', got .jpg, .cls alone")
})
