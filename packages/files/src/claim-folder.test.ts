import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { claimFile, claimFolder } from './claim-folder.ts'

/** A process that does nothing until it is killed. */
async function sleeper() {
  const child = spawn(process.execPath, ['-e', "console.log('here'); setInterval(() => {}, 1000)"])
  await once(child.stdout, 'data')
  return child
}

test('one process at a time; the folder is made, and given back', async () => {
  const folder = join(temporaryFolder(), 'deep', 'run')
  const giveBack = await claimFolder(folder)
  await expect(claimFolder(folder)).rejects.toMatchObject({
    code: 'file',
    message:
      `${folder}: expected a folder that no other process uses, got one in use by process ${process.pid}: wait for it ` +
      `or end it; if there is no such process, remove ${join(folder, claimFile)}`,
  })
  await giveBack()
  expect(readdirSync(folder)).toEqual([])
  await (await claimFolder(folder))()
})

test('a process that was killed has nothing any more', async () => {
  const folder = temporaryFolder()
  const path = join(folder, claimFile)
  const child = await sleeper()
  writeFileSync(path, JSON.stringify({ pid: child.pid, host: hostname() }))
  await expect(claimFolder(folder)).rejects.toThrow(`in use by process ${child.pid}`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const claims = await Promise.allSettled([1, 2, 3].map(() => claimFolder(folder)))
  expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid)
  expect(readdirSync(folder)).toEqual([claimFile])
})

test.runIf(existsSync('/proc/self/stat'))('another process with the number of a dead one is another', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, claimFile), JSON.stringify({ pid: process.pid, host: hostname(), started: '1' }))
  await (await claimFolder(folder))()
})

test('a process on another machine cannot be asked', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, claimFile), JSON.stringify({ pid: 1, host: 'elsewhere' }))
  await expect(claimFolder(folder)).rejects.toThrow('in use by process 1 on elsewhere')
})

test('a file in the way, and a folder that cannot be made', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  await expect(claimFolder(file)).rejects.toThrow(`${file}: expected the path of a folder, got that of a file`)
  await expect(claimFolder(join(file, 'below'))).rejects.toMatchObject({ code: 'file' })
  await expect(claimFolder('')).rejects.toThrow("claimFolder: expected the path of a folder, got ''")
})

test.skipIf(process.getuid?.() === 0)('a folder that cannot be written to', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o500)
  await expect(claimFolder(folder)).rejects.toThrow('permission is denied')
})
