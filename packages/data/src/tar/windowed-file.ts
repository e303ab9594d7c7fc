import type { FileHandle } from 'node:fs/promises'
import { CascadeError, throwIfAborted } from '@cascade-diffusion/checks'

/** Bytes of a read: a jump over a large file reads the few headers there; small files are read through. */
const windows = { afterJump: 4096, onward: 1 << 18 }

/** A jump, in bytes; less is sooner read than skipped. */
const jump = 1 << 15

/** A file that is read from front to back, with gaps, in windows of bounded size. */
export class WindowedFile {
  private window = Buffer.alloc(0)
  /** The place of the window in the file. */
  private start = 0

  constructor(
    private readonly handle: FileHandle,
    /** What errors call it. */
    readonly path: string,
    /** Bytes of the file. */
    readonly size: number,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Bytes of the file, valid until the next call.
   * @throws {CascadeError} of code `data` if the file ends before; of code `interrupted` if the signal aborted.
   */
  async at(offset: number, length: number): Promise<Buffer> {
    if (offset < this.start || offset + length > this.start + this.window.length) await this.move(offset, length)
    return this.window.subarray(offset - this.start, offset - this.start + length)
  }

  private async move(offset: number, length: number): Promise<void> {
    throwIfAborted(this.signal, 'tarShards')
    if (offset + length > this.size) throw cutOff(this.path, offset, length, this.size)
    const gap = offset - (this.start + this.window.length)
    const wished = this.window.length > 0 && gap < jump ? windows.onward : windows.afterJump
    const bytes = Math.min(Math.max(wished, length), this.size - offset)
    const buffer = Buffer.allocUnsafe(bytes)
    for (let done = 0; done < bytes; ) {
      const { bytesRead } = await this.handle.read(buffer, done, bytes - done, offset + done)
      if (bytesRead === 0) throw cutOff(this.path, offset, length, offset + done)
      done += bytesRead
    }
    this.window = buffer
    this.start = offset
  }
}

/** The error of a file that ends too early. */
export const cutOff = (path: string, offset: number, length: number, size: number): CascadeError =>
  new CascadeError('data', `${path}: expected ${length} bytes at ${offset}, got a file of ${size} bytes: it is cut off`)
