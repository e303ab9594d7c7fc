/** Reads a text file of the system; `undefined` if it does not exist. */
export type ReadText = (path: string) => string | undefined

/**
 * The number of threads that this process can keep busy: the cores of the processors that it may run on (by `taskset`,
 * `mpirun` or a container's set), but at most its quota of processor time, rounded up (cgroups of both versions). Only
 * Linux says which processors share a core; elsewhere each processor counts.
 */
export function usableThreads(read: ReadText = readText): number {
  const allowed = process.getBuiltinModule('node:os').availableParallelism()
  return Math.max(1, Math.min(allowed, usableCores(read) ?? allowed, Math.ceil(processorQuota(read))))
}

const readText: ReadText = (path) => {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The number of cores that this process may run on; `undefined` on systems other than Linux. */
export function usableCores(read: ReadText): number | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(read('/proc/self/status') ?? '')?.[1]
  if (list === undefined) return undefined
  const topology = (cpu: number) => `/sys/devices/system/cpu/cpu${cpu}/topology`
  const cores = numbersOf(list).map((cpu) => read(`${topology(cpu)}/thread_siblings_list`)?.trim() ?? `${cpu}`)
  return new Set(cores).size
}

/** `0-2,5` as numbers. */
const numbersOf = (list: string): number[] =>
  list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })

/**
 * The quota of processor time, in processors, of the process's cgroup and those above it; `Infinity` without a quota.
 */
export function processorQuota(read: ReadText): number {
  // A line has the hierarchy's number, its controllers, and the path in it. Version 2 has the number 0 and no
  // controllers.
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'))
  const pathOf = (wanted: (number: string, controllers: string[]) => boolean) =>
    lines
      .find(([number = '', controllers = '']) => wanted(number, controllers.split(',')))
      ?.slice(2)
      .join(':')
  const unified = pathOf((number, controllers) => number === '0' && controllers[0] === '')
  const version1 = pathOf((_, controllers) => controllers.includes('cpu'))
  return Math.min(
    ...upwards(unified).map((path) => {
      const [quota, period = ''] = (read(`/sys/fs/cgroup${path}/cpu.max`) ?? '').trim().split(' ')
      return shareOf(quota, period)
    }),
    ...upwards(version1).flatMap((path) =>
      ['cpu', 'cpu,cpuacct'].map((mount) => {
        const folder = `/sys/fs/cgroup/${mount}${path}`
        return shareOf(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`))
      }),
    ),
  )
}

/** A quota that is missing, `max` or -1 means none. */
const shareOf = (quota = '', period = ''): number => {
  const share = Number.parseInt(quota, 10) / Number.parseInt(period, 10)
  return share > 0 ? share : Number.POSITIVE_INFINITY
}

/** A path and those above it, the root as `''`. In a container, the root is that of the container. */
function upwards(path: string | undefined): string[] {
  if (path === undefined) return []
  const names = path.split('/').filter((name) => name !== '')
  return names.map((_, i) => `/${names.slice(0, names.length - i).join('/')}`).concat('')
}
