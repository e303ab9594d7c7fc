import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { flush, isRunning } from '@cascade-diffusion/files'

/** What identifies a version of the file on the server. */
export interface Validator {
  readonly etag?: string
  readonly lastModified?: string
  /** Bytes of the whole file. */
  readonly total?: number
}

/** Milliseconds without a write after which a part is abandoned. */
const abandonedAfter = 180_000
const here = hostname().replace(/[^\w-]/g, '_')
let count = 0

/**
 * The downloaded part of a file. A process claims it by renaming it to a name with its own number, which the file
 * system grants to one process only. Released, it is `NAME.part`. Its validator lies beside it.
 */
export class Part {
  readonly #target: string
  readonly path: string
  readonly #file: FileHandle
  #hashes: Record<'sha256' | 'md5', Hash> = newHashes()
  /** Bytes so far. */
  done = 0
  validator: Validator | undefined
  /** Whether it was joined from several answers. */
  resumed = false
  /** Whether some of it is from an earlier download. */
  old = false

  private constructor(target: string, path: string, file: FileHandle) {
    this.#target = target
    this.path = path
    this.#file = file
  }

  /**
   * Claims the part of `target`, or creates one. Waits while another process downloads the same file.
   * @returns `undefined` if the other process has completed the file.
   */
  static async claim(target: string, signal: AbortSignal): Promise<Part | undefined> {
    await mkdir(dirname(target), { recursive: true })
    const before = await identity(target)
    const own = `${target}.${here}.${process.pid}.${count++}.part`
    for (;;) {
      signal.throwIfAborted()
      if ((await identity(target)) !== before) return undefined
      const { claimed, free } = await parts(target)
      if (claimed.length > 0) {
        await sleep(200, undefined, { signal }).catch(() => {})
        continue
      }
      const from = free[0]
      if (from !== undefined) {
        if (!(await renamed(from, own))) continue
        await renamed(`${from}.json`, `${own}.json`)
      }
      const part = new Part(target, own, await open(own, from === undefined ? 'wx+' : 'r+'))
      await part.touch()
      // Two processes may have begun at once. The one whose name sorts first continues.
      const rival = (await parts(target)).claimed.find((path) => path < own)
      if (rival === undefined || from !== undefined) {
        await part.#recall()
        return part
      }
      await part.#file.close()
      await rm(own, { force: true })
    }
  }

  async #recall(): Promise<void> {
    const text = await readFile(`${this.path}.json`, 'utf8').catch(() => undefined)
    try {
      this.validator = text === undefined ? undefined : (JSON.parse(text) as Validator)
    } catch {
      return this.restart()
    }
    for await (const chunk of createReadStream(this.path)) this.#count(chunk as Buffer)
    this.resumed = this.done > 0
    this.old = this.done > 0
  }

  /** Shows other processes that the part is in use. */
  touch = (): Promise<void> => utimes(this.path, new Date(), new Date()).catch(() => {})

  /** Deletes the bytes so far: they are of another file, or may be. */
  async restart(): Promise<void> {
    await this.#file.truncate(0)
    await rm(`${this.path}.json`, { force: true })
    this.done = 0
    this.validator = undefined
    this.resumed = false
    this.old = false
    this.#hashes = newHashes()
  }

  /** Notes the version of the file, before the first byte. */
  async describe(validator: Validator): Promise<void> {
    this.validator = validator
    await writeFile(`${this.path}.json`, JSON.stringify(validator))
  }

  /** Writes at its place in the file, so that a process that resumes late and writes the same bytes does no harm. */
  async append(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      const { bytesWritten } = await this.#file.write(rest, 0, rest.length, this.done)
      this.#count(rest.subarray(0, bytesWritten))
      rest = rest.subarray(bytesWritten)
    }
  }

  #count(chunk: Uint8Array): void {
    for (const hash of Object.values(this.#hashes)) hash.update(chunk)
    this.done += chunk.length
  }

  digest = (algorithm: 'sha256' | 'md5'): string => this.#hashes[algorithm].copy().digest('hex')

  /** Moves the complete file into its place. */
  async finish(): Promise<void> {
    await flush(this.#file)
    await this.#file.close()
    await rename(this.path, this.#target)
    await rm(`${this.path}.json`, { force: true })
  }

  /** Leaves the part to other processes, or removes it if it is empty. */
  async release(): Promise<void> {
    await this.#file.close()
    if (this.done === 0) {
      await rm(this.path, { force: true })
      await rm(`${this.path}.json`, { force: true })
      return
    }
    await renamed(`${this.path}.json`, `${this.#target}.part.json`)
    await renamed(this.path, `${this.#target}.part`)
  }
}

const newHashes = () => ({ sha256: createHash('sha256'), md5: createHash('md5') })

/** The parts of a file: those in use, and the others with the largest first. */
async function parts(target: string): Promise<{ claimed: string[]; free: string[] }> {
  const folder = dirname(target)
  const start = `${basename(target)}.`
  const owners = (await readdir(folder)).flatMap((name) => {
    const owner = name.startsWith(start) && name.slice(start.length).match(/^(?:([\w-]+)\.(\d+)\.\d+\.)?part$/)
    return owner ? [{ path: join(folder, name), host: owner[1], pid: owner[2] }] : []
  })
  const found = await Promise.all(
    owners.map(async ({ path, host, pid }) => {
      const info = await stat(path).catch(() => undefined)
      const fresh = info !== undefined && Date.now() - info.mtimeMs < abandonedAfter
      const claimed = pid !== undefined && fresh && (host !== here || isRunning(Number(pid)))
      return { path, size: info?.size ?? -1, claimed }
    }),
  )
  const there = found.filter(({ size }) => size >= 0).sort((a, b) => b.size - a.size)
  return {
    claimed: there.filter((part) => part.claimed).map(({ path }) => path),
    free: there.filter((part) => !part.claimed).map(({ path }) => path),
  }
}

/** The identity of the file with this name, if there is one. */
const identity = (path: string): Promise<string | undefined> =>
  stat(path).then(
    ({ ino, mtimeMs }) => `${ino} ${mtimeMs}`,
    () => undefined,
  )

/** Whether the file could be renamed. */
const renamed = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
