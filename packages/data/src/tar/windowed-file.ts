import { readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { CascadeError, throwIfAborted } from '@cascade-diffusion/checks'
import { unreadable } from '../reading/file-bytes.ts'
import type { OpenFile } from '../reading/open-file.ts'

/** Bytes of a read: a jump over a large file reads the few headers there; small files are read through. */
const windows = { afterJump: 4096, onward: 1 << 16 }

/** A jump, in bytes; less is sooner read than skipped. */
const jump = 1 << 14

/** Milliseconds: a read that the memory of the system answers takes less. */
const quick = 0.2

/** Milliseconds between looks at what else waits. */
const turn = 10

/** A file that is read from front to back, with gaps, in windows of bounded size. */
export class WindowedFile {
  /** Bytes of the file. */
  readonly size: number
  private buffer = Buffer.alloc(windows.afterJump)
  /** The place of the window in the file. */
  private start = 0
  private length = 0
  /** The time of the last read. */
  private took = 0
  private turned = performance.now()

  constructor(
    /** What errors call it. */
    readonly path: string,
    private readonly file: OpenFile,
    private readonly signal?: AbortSignal,
  ) {
    this.size = file.size
  }

  /**
   * Bytes of the file, valid until the next call.
   * @throws {CascadeError} of code `data` if the file ends before; of code `interrupted` if the signal aborted.
   */
  async at(offset: number, length: number): Promise<Buffer> {
    if (offset < this.start || offset + length > this.start + this.length) await this.move(offset, length)
    return this.buffer.subarray(offset - this.start, offset - this.start + length)
  }

  private async move(offset: number, length: number): Promise<void> {
    throwIfAborted(this.signal, 'tarShards')
    if (offset + length > this.size) throw cutOff(this.path, offset, length, this.size)
    const isOnward = this.length > 0 && offset - (this.start + this.length) < jump
    const wished = Math.max(isOnward ? windows.onward : windows.afterJump, length)
    const bytes = Math.min(wished, this.size - offset)
    if (this.buffer.length < bytes) this.buffer = Buffer.alloc(wished)
    this.length = 0
    for (let done = 0; done < bytes; ) {
      const read = await this.read(done, bytes - done, offset + done).catch((cause) => {
        throw unreadable(this.path, cause)
      })
      if (read === 0) throw cutOff(this.path, offset, length, offset + done)
      done += read
    }
    this.start = offset
    this.length = bytes
  }

  /** Bytes read. A synchronous read takes a tenth of the time of another if it need not wait for a disk. */
  private async read(at: number, length: number, position: number): Promise<number> {
    let began = performance.now()
    if (began - this.turned > turn) {
      await setImmediate()
      began = this.turned = performance.now()
    }
    const read =
      this.took < quick
        ? readSync(this.file.handle.fd, this.buffer, at, length, position)
        : (await this.file.handle.read(this.buffer, at, length, position)).bytesRead
    this.took = performance.now() - began
    return read
  }
}

/** The error of a file that ends too early. */
const cutOff = (path: string, offset: number, length: number, size: number): CascadeError =>
  new CascadeError('data', `${path}: expected ${length} bytes at ${offset}, got a file of ${size} bytes: it is cut off`)
