/** The modules of Node.js, fetched when they are needed: this file is part of bundles for browsers too. */
const builtin = {
  crypto: () => process.getBuiltinModule('node:crypto'),
  fs: () => process.getBuiltinModule('node:fs'),
  os: () => process.getBuiltinModule('node:os'),
  path: () => process.getBuiltinModule('node:path'),
}

/** Optimised models on disk, which the next process does not have to optimise again. */
export interface SessionCache {
  /** The entry of a name; undefined if there is none, or it is damaged. */
  read(name: string): Uint8Array | undefined
  /**
   * Makes an entry from the file that `write` writes. Beyond the limit of size, the least recently used entries are
   * removed.
   */
  write(name: string, write: (path: string) => Promise<void>): Promise<void>
  /** Removes an entry that cannot be used. */
  remove(name: string): void
}

const CHECKSUM = 32
const SUFFIX = '.ort'
const STALE = 3_600_000

/**
 * A cache in a folder. An entry is written under a name of its own, since several processes may write the same one, and
 * then renamed. It ends in its SHA-256, and counts as used when it is read. If the folder cannot be written to, nothing
 * is cached.
 * @param maxBytes the limit for all entries together. An entry of more than a quarter of it is not kept.
 */
export function sessionCache(directory: string, maxBytes: number = 2 ** 30): SessionCache {
  const fs = builtin.fs()
  const { join } = builtin.path()
  const fileOf = (name: string) => join(directory, `${name}${SUFFIX}`)
  const digest = (bytes: Uint8Array) => builtin.crypto().createHash('sha256').update(bytes).digest()
  const remove = (path: string) => fs.rmSync(path, { force: true })

  const prune = () => {
    const files = fs.readdirSync(directory).map((name) => ({ path: join(directory, name), name }))
    const known = files.flatMap((file) => {
      const stat = fs.statSync(file.path, { throwIfNoEntry: false })
      return stat ? [{ ...file, size: stat.size, used: stat.mtimeMs }] : []
    })
    for (const { path, name, used } of known) if (name.endsWith('.tmp') && Date.now() - used > STALE) remove(path)
    const entries = known.filter(({ name }) => name.endsWith(SUFFIX)).sort((a, b) => b.used - a.used)
    let total = 0
    for (const { path, size } of entries) {
      total += size
      if (total > maxBytes) remove(path)
    }
  }

  return {
    read(name) {
      try {
        const path = fileOf(name)
        const bytes = fs.readFileSync(path)
        const content = bytes.subarray(0, -CHECKSUM)
        if (bytes.length < CHECKSUM || !digest(content).equals(bytes.subarray(-CHECKSUM))) {
          remove(path)
          return undefined
        }
        const now = new Date()
        fs.utimesSync(path, now, now)
        return content
      } catch {
        return undefined
      }
    },
    async write(name, write) {
      const temporary = join(directory, `${name}.${process.pid}.${builtin.crypto().randomUUID()}.tmp`)
      try {
        fs.mkdirSync(directory, { recursive: true })
        await write(temporary)
        if (fs.statSync(temporary).size > maxBytes / 4) return
        fs.appendFileSync(temporary, digest(fs.readFileSync(temporary)))
        fs.renameSync(temporary, fileOf(name))
        prune()
      } finally {
        remove(temporary)
      }
    },
    remove: (name) => remove(fileOf(name)),
  }
}

/** The folder in which sessions are cached; `undefined` if `CASCADE_DIFFUSION_CACHE` is `off`. */
export async function defaultCacheDirectory(): Promise<string | undefined> {
  if (process.env.CASCADE_DIFFUSION_CACHE === 'off') return undefined
  // It is missing from a browser's bundle.
  const { cacheFolder } = await import('@cascade-diffusion/files')
  return builtin.path().join(cacheFolder(), 'sessions')
}

/** The processor and its features. An optimised model is for one processor. */
export function machine(): string {
  const { arch, cpus, platform } = builtin.os()
  const parts = [platform(), arch(), cpus()[0]?.model]
  try {
    parts.push(/^(flags|Features)\s*:.*$/m.exec(builtin.fs().readFileSync('/proc/cpuinfo', 'utf8'))?.[0])
  } catch {
    // Only Linux has this file.
  }
  return parts.join('\n')
}
