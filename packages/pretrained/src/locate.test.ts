import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { float32 } from '@cascade-diffusion/arrays'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { expect, test } from 'vitest'
import { fromPretrained } from './from-pretrained.ts'
import { locate } from './locate.ts'

/** A folder as diffusers saves one, whose configurations are these texts. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'locate-'))
  await writeSafetensors(join(folder, 'diffusion_pytorch_model.safetensors'), { 'conv_in.weight': float32([1]) })
  for (const [name, text] of Object.entries({ 'config.json': '{}', ...files })) writeFileSync(join(folder, name), text)
  return folder
}

const lfs = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`

test("configurations may have the numbers that Python's json writes beside those of JSON", async () => {
  // As DPMSolverMultistepScheduler.save_pretrained writes it.
  const folder = await folderWith({ 'scheduler_config.json': '{"lambda_min_clipped": -Infinity, "beta_end": NaN}' })
  const { json } = await locate(folder, {})
  expect(await json('none.json', 'scheduler_config.json')).toEqual({
    lambda_min_clipped: Number.NEGATIVE_INFINITY,
    beta_end: Number.NaN,
  })
})

test.each([
  ['a pointer of Git LFS', lfs, 'expected JSON, got a pointer of Git LFS, not the JSON: run `git lfs pull`'],
  ['a web page', '<!DOCTYPE html><title>Sign in</title>', 'expected JSON, got a web page ("Sign in"), not the JSON'],
  ["a server's answer", '{"error": "Entry not found"}', 'a server\'s answer ("Entry not found"), not the JSON'],
  ['a mistake', '{\n  "sample_size": 32,\n}', 'expected JSON: a key in double quotes at line 3, column 1, got "}"'],
])('%s in place of a configuration is named', async (_, text, message) => {
  const folder = await folderWith({ 'config.json': text })
  await expect(fromPretrained(folder)).rejects.toThrow(`${join(folder, 'config.json')}: ${message}`)
})

test('a pointer of Git LFS in place of the weights, or of a shard, is named', async () => {
  const folder = await folderWith({ 'diffusion_pytorch_model.safetensors': lfs })
  const weights = join(folder, 'diffusion_pytorch_model.safetensors')
  await expect(fromPretrained(folder)).rejects.toThrow(
    `${weights}: a pointer of Git LFS, not the weights: run \`git lfs pull\``,
  )
  const index = join(folder, 'other.safetensors.index.json')
  writeFileSync(index, JSON.stringify({ weight_map: { 'conv_in.weight': 'diffusion_pytorch_model.safetensors' } }))
  await expect(fromPretrained(index)).rejects.toThrow(`${weights}: a pointer of Git LFS`)
  writeFileSync(index, '<html></html>')
  await expect(fromPretrained(index)).rejects.toThrow(`index ${index}: expected JSON, got a web page`)
})
