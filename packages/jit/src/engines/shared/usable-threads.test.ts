import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { processorQuota, usableCores, usableThreads } from './usable-threads.ts'

/** Reads from texts by path. */
const files = (texts: Record<string, string>) => (path: string) => texts[path]

test('cgroup version 2: the smallest quota of the group and those above it', () => {
  const group = { '/proc/self/cgroup': '0::/kubepods/pod1/box\n' }
  const at = (path: string, max: string) => ({ [`/sys/fs/cgroup${path}/cpu.max`]: `${max}\n` })
  expect(processorQuota(files({ ...group, ...at('/kubepods/pod1/box', '150000 100000') }))).toBe(1.5)
  expect(
    processorQuota(files({ ...group, ...at('/kubepods/pod1/box', 'max 100000'), ...at('/kubepods', '400000 200000') })),
  ).toBe(2)
  expect(processorQuota(files({ ...group, ...at('/kubepods/pod1/box', 'max 100000') }))).toBe(Number.POSITIVE_INFINITY)
  // A container with a name space of its own sees itself as the root.
  expect(processorQuota(files({ '/proc/self/cgroup': '0::/\n', ...at('', '50000 100000') }))).toBe(0.5)
})

test('cgroup version 1: by the controller cpu, whatever it is mounted with', () => {
  const cgroup = '12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/system.slice\n'
  const quota = (folder: string, us: number) => ({
    [`${folder}/cpu.cfs_quota_us`]: `${us}\n`,
    [`${folder}/cpu.cfs_period_us`]: '100000\n',
  })
  const read = (texts: object) => processorQuota(files({ '/proc/self/cgroup': cgroup, ...texts }))
  expect(read(quota('/sys/fs/cgroup/cpu,cpuacct/docker/abc', 300_000))).toBe(3)
  expect(read(quota('/sys/fs/cgroup/cpu/docker/abc', 250_000))).toBe(2.5)
  // In the container the path is that of the host, and its files lie at the root.
  expect(read(quota('/sys/fs/cgroup/cpu,cpuacct', 200_000))).toBe(2)
  expect(read(quota('/sys/fs/cgroup/cpu,cpuacct/docker/abc', -1))).toBe(Number.POSITIVE_INFINITY)
})

test('nothing limits a process without cgroups', () => {
  expect(processorQuota(files({}))).toBe(Number.POSITIVE_INFINITY)
})

test('of processors that share a core one counts', () => {
  const siblings = (pairs: Record<number, string>) =>
    Object.fromEntries(
      Object.entries(pairs).map(([cpu, list]) => [
        `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`,
        `${list}\n`,
      ]),
    )
  const hyper = siblings({ 0: '0,4', 1: '1,5', 2: '2,6', 3: '3,7', 4: '0,4', 5: '1,5', 6: '2,6', 7: '3,7' })
  const allowed = (list: string) => ({ '/proc/self/status': `Name:\tnode\nCpus_allowed_list:\t${list}\nMems:\t1\n` })
  expect(usableCores(files({ ...hyper, ...allowed('0-7') }))).toBe(4)
  expect(usableCores(files({ ...hyper, ...allowed('0,4-5') }))).toBe(2)
  expect(usableCores(files({ ...hyper, ...allowed('2,3') }))).toBe(2)
  expect(usableCores(files(allowed('0-2,8')))).toBe(4)
  expect(usableCores(files({}))).toBeUndefined()
})

test('there is always one thread, and a quota is rounded up', () => {
  const quota = (us: number) =>
    usableThreads(files({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': `${us} 100000` }))
  expect(quota(10_000)).toBe(1)
  expect(quota(110_000)).toBe(Math.min(2, availableParallelism()))
  expect(quota(1e9)).toBe(availableParallelism())
})

const canTest = existsSync('/proc/self/task') && existsSync('/usr/bin/taskset') && availableParallelism() > 1

test.runIf(canTest)('a session on one processor has no threads beside the one that calls', () => {
  // ONNX Runtime begins its threads with the session.
  const script = `
    import { readdirSync } from 'node:fs'
    import { float32 } from '@cascade-diffusion/arrays'
    import * as tf from '@tensorflow/tfjs-core'
    import { jit } from './src/index.ts'
    import { onnxRuntimeNode } from './src/engines/onnxruntime-node.ts'
    const count = () => readdirSync('/proc/self/task').length
    const compiled = (threads, i) => jit((x) => tf.mul(x, i), { engine: onnxRuntimeNode({ threads, worker: false }) })
    await compiled(1, 1)(float32([1]))
    const before = count()
    await compiled(undefined, 2)(float32([1]))
    const byDefault = count() - before
    await compiled(3, 3)(float32([1]))
    process.stdout.write(JSON.stringify([byDefault, count() - before - byDefault]))`
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module']
  const cwd = fileURLToPath(new URL('../../..', import.meta.url))
  const child = spawnSync('taskset', ['-c', '0', process.execPath, ...flags], { input: script, cwd, encoding: 'utf8' })
  expect(child.status, child.stderr).toBe(0)
  expect(JSON.parse(child.stdout)).toEqual([0, 2])
})
