import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readJson } from './json/read-json.ts'
import { openCheckpoint, shardNames } from './open-checkpoint.ts'
import { readSafetensors } from './safetensors/safetensors-read.ts'
import { fixture } from './test-support.ts'

function write(content: string | Uint8Array, name = 'a'): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}

const lfs = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`
const cases: readonly (readonly [what: string, content: string, message: string])[] = [
  [
    'a pointer of Git LFS',
    lfs,
    'a pointer of Git LFS, not the weights: run `git lfs pull` in its folder, to get its 12345 bytes',
  ],
  [
    'a pointer of git-annex',
    '/annex/objects/SHA256E-s9--abc.pt\n',
    'a pointer of git-annex, not the weights: run `git annex get`',
  ],
  [
    'a pointer of Xet',
    '# xet version 0\nfilesize = 1\n',
    'a pointer of Xet, not the weights: download the file itself',
  ],
  ['a pointer of DVC', 'outs:\n- md5: abc\n  path: model.pt\n', 'a pointer of DVC, not the weights: run `dvc pull`'],
  [
    'a sign-in page',
    '\n<!-- x -->\n<!DOCTYPE html>\n<html lang="en"><head><title>\n Sign in </title></head></html>',
    'a web page ("Sign in"), not the weights: download the file itself, signed in if it asks for that',
  ],
  ['a page without a title', '<html><body>404</body></html>', 'a web page, not the weights'],
  [
    "a store's error in XML",
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
    'a server\'s answer ("AccessDenied: Access Denied"), not the weights',
  ],
  ['another document in XML', '<?xml version="1.0"?><svg/>', 'a document in XML, not the weights'],
  ["a server's words", 'Entry not found', 'a text that begins with "Entry not found", not the weights'],
]

test.each(cases)('%s in place of weights is named', async (_, content, message) => {
  const path = write(content)
  await expect(openCheckpoint(path)).rejects.toThrow(`${path}: ${message}`)
  await expect(readSafetensors(path)).rejects.toThrow(
    `safetensors ${path}: expected a safetensors file, got ${message}`,
  )
})

test.each(cases)('%s in place of an index or a configuration is named', async (_, content, message) => {
  const path = write(content)
  const json = (wanted: string) => `${path}: expected JSON, got ${message.replace('the weights', wanted)}`
  await expect(readJson(path)).rejects.toThrow(json('the JSON'))
  await expect(shardNames(path)).rejects.toThrow(`index ${json('an index of shards')}`)
})

test.each([
  ['{"error": "Repository not found"}', 'Repository not found'],
  ['{"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}', 'Not Found'],
  ['{"detail": "Not authenticated"}', 'Not authenticated'],
  ['{"errors": [{"code": 7, "message": "no such bucket"}]}', 'no such bucket'],
  ['{"error": {"code": 403, "message": "forbidden"}}', 'forbidden'],
])("a server's answer %s is named", async (content, said) => {
  const path = write(content)
  await expect(openCheckpoint(path)).rejects.toThrow(`${path}: a server's answer ("${said}"), not the weights`)
  await expect(readJson(path)).rejects.toThrow(`${path}: a server's answer ("${said}"), not the JSON`)
  await expect(shardNames(path)).rejects.toThrow(`index ${path}: a server's answer ("${said}"), not an index of shards`)
})

test('a configuration, and JSON of something else, in place of weights', async () => {
  const config = write('{"_class_name": "UNet2DModel", "sample_size": 32}')
  await expect(openCheckpoint(config)).rejects.toThrow(
    `${config}: a configuration (with _class_name, sample_size), not the weights, which are in another file`,
  )
  const other = write('{"a": 1, "message": "no answer"}')
  await expect(openCheckpoint(other)).rejects.toThrow(
    `${other}: expected an index of shards with weight_map, or a model.json with weightsManifest, got JSON with a, message`,
  )
  const broken = write('{"weight_map": {"a": "b"')
  await expect(openCheckpoint(broken)).rejects.toThrow(
    `${broken}: expected JSON: ',' or '}' at line 1, column 25, got the end`,
  )
})

test.each([
  ['\x89PNG\r\n\x1a\n', 'a PNG image'],
  ['\x1f\x8b\x08', 'a gzip archive: unpack it first'],
  ['GGUF\x03\0\0\0', 'a GGUF file, which is not read'],
  ['\x93NUMPY\x01\0', "one array of NumPy's: parseNpy reads it"],
  ['\x80\x04\x95\x05\0\0', 'a pickle that torch.save did not write'],
  ['', 'an empty file'],
])('%j: another format is named', async (start, what) => {
  const path = write(Buffer.from(start, 'latin1'))
  const formats = 'expected safetensors, a PyTorch file, an .npz archive, Keras'
  await expect(openCheckpoint(path)).rejects.toThrow(`${path}: ${formats}`)
  await expect(openCheckpoint(path)).rejects.toThrow(`got ${what}`)
  await expect(readSafetensors(path)).rejects.toThrow(`expected a safetensors file, got ${what}`)
})

test('unknown bytes are shown', async () => {
  const path = write(Uint8Array.of(1, 2, 3, 255))
  await expect(openCheckpoint(path)).rejects.toThrow('or a model.json, got a file that begins with 01 02 03 ff')
})

test("PyTorch's file read as safetensors says what reads it", async () => {
  await expect(readSafetensors(fixture('nested.pt'))).rejects.toThrow(
    "expected a safetensors file, got a zip archive, as PyTorch's .pt, .npz and .keras are: openCheckpoint finds out which",
  )
})

test('a file that is not there, and links to nothing', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a')
  await expect(openCheckpoint(path)).rejects.toThrow(`${path}: expected a file, there is none`)
  symlinkSync('../blobs/b', path)
  await expect(openCheckpoint(path)).rejects.toThrow(
    `${path}: expected a file, got a link to ../blobs/b, where there is none`,
  )
  const annexed = join(folder, 'c')
  symlinkSync('.git/annex/objects/x', annexed)
  await expect(openCheckpoint(annexed)).rejects.toThrow('where there is none: run `git annex get` in its folder')
})

test("readJson takes Python's numbers, a byte order mark and blanks in front", async () => {
  expect(await readJson(write('\ufeff\n {"lambda_min_clipped": -Infinity, "a": NaN}'))).toEqual({
    lambda_min_clipped: Number.NEGATIVE_INFINITY,
    a: Number.NaN,
  })
  await expect(readJson(write('[1]'))).rejects.toThrow('the file: expected a JSON object, got [1]')
})

test("an index and a header of safetensors with Python's numbers are read", async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'index.json')
  writeFileSync(join(folder, 'a.safetensors'), fixture('odd.safetensors'))
  writeFileSync(path, '{"metadata": {"loss": NaN, "best": -Infinity}, "weight_map": {"weight": "a.safetensors"}}')
  const file = await openCheckpoint(path)
  expect([...(await file.read('weight')).data]).toEqual([0, 1, 2])
  await file.close()
  writeFileSync(join(folder, 'b.safetensors'), lfs)
  writeFileSync(path, '{"weight_map": {"weight": "b.safetensors"}}')
  await expect(openCheckpoint(path)).rejects.toThrow(
    `index ${path}: shard b.safetensors: ${join(folder, 'b.safetensors')}: a pointer of Git LFS`,
  )
})
