import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { float32, zeros } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { afterAll, expect, test } from 'vitest'
import { readSafetensors } from './safetensors-read.ts'
import { writeSafetensors } from './safetensors-write.ts'

const mounted: string[] = []
afterAll(() => {
  for (const folder of mounted) execFileSync('umount', [folder])
})

/** A folder on a file system of 64 KiB, or undefined where this user may not mount one. */
function tinyDisk(): string | undefined {
  const folder = temporaryFolder()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status !== 0) return undefined
  mounted.push(folder)
  return folder
}
const disk = tinyDisk()

test.runIf(disk)('a full disk: the error says so, the older checkpoint still loads, no part is left', async () => {
  const path = join(disk!, 'model.safetensors')
  await writeSafetensors(path, { w: float32([1, 2, 3]) }, { step: '1' })
  const save = writeSafetensors(path, { w: zeros([100_000]) }, { step: '2' })
  await expect(save).rejects.toThrow(`could not write ${path}: the disk is full (ENOSPC`)
  await expect(save).rejects.toThrow('the previous file is untouched')
  expect(readdirSync(disk!)).toEqual(['model.safetensors'])
  expect((await readSafetensors(path)).metadata.step).toBe('1')
})

// Runs without privileges: a process that may write files of 8 KiB only.
test.skipIf(process.platform === 'win32')('a limit on the file size: the same', async () => {
  const path = join(temporaryFolder(), 'model.safetensors')
  await writeSafetensors(path, { w: float32([1, 2, 3]) })
  const module = fileURLToPath(new URL('./safetensors-write.ts', import.meta.url))
  const script = `import { writeSafetensors } from ${JSON.stringify(module)}
    const w = { dtype: 'float32', shape: [100000], data: new Float32Array(100000) }
    await writeSafetensors(${JSON.stringify(path)}, { w }).catch((error) => console.log(error.message))`
  const node = `"${process.execPath}" --conditions=@cascade-diffusion/source --import=tsx --input-type=module`
  const child = spawnSync('sh', ['-c', `trap '' XFSZ; ulimit -f 16; exec ${node}`], {
    input: script,
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
  })
  expect(child.stderr).toBe('')
  expect(child.stdout).toContain(`could not write ${path}: the file is larger than the system allows (EFBIG`)
  expect(child.stdout).toContain('the previous file is untouched')
  expect(readdirSync(join(path, '..'))).toEqual(['model.safetensors'])
  expect([...(await readSafetensors(path)).tensors.w!.data]).toEqual([1, 2, 3])
})
