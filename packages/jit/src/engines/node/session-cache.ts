/** What the cache needs of Node.js; there is none elsewhere. */
const builtin = {
  crypto: () => process.getBuiltinModule('node:crypto'),
  fs: () => process.getBuiltinModule('node:fs'),
  os: () => process.getBuiltinModule('node:os'),
  path: () => process.getBuiltinModule('node:path'),
}

/** Optimised models on disk, so that the next process need not optimise them again. */
export interface SessionCache {
  /** The entry of this name, or nothing if there is none that is whole. */
  read(name: string): Uint8Array | undefined
  /** Makes an entry of the file that `write` writes, and removes the entries unused for longest beyond the limit. */
  write(name: string, write: (path: string) => Promise<void>): Promise<void>
  /** Removes an entry that turned out to be useless. */
  remove(name: string): void
}

const CHECKSUM = 32
const SUFFIX = '.ort'
const STALE = 3_600_000

/**
 * A cache in a folder. Entries are written beside their place and renamed, end in their SHA-256, and count as used when
 * they are read. A folder that cannot be written to is no error: nothing is cached then.
 * @param maxBytes how large all entries together may become; an entry of more than a quarter of it is not kept.
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

/** Where sessions are cached: in the user's folder for caches; `undefined` if `CASCADE_DIFFUSION_CACHE` is `off`. */
export async function defaultCacheDirectory(): Promise<string | undefined> {
  if (process.env.CASCADE_DIFFUSION_CACHE === 'off') return undefined
  // Not there in a browser's bundle.
  const { cacheFolder } = await import('@cascade-diffusion/files')
  return builtin.path().join(cacheFolder(), 'sessions')
}

/** The processor and what it can do: optimised models are made for it. */
export function machine(): string {
  const { arch, cpus, platform } = builtin.os()
  const parts = [platform(), arch(), cpus()[0]?.model]
  try {
    parts.push(/^(flags|Features)\s*:.*$/m.exec(builtin.fs().readFileSync('/proc/cpuinfo', 'utf8'))?.[0])
  } catch {
    // There is no such file but on Linux.
  }
  return parts.join('\n')
}
