/** A list of texts that takes little memory: their bytes in one buffer, and where each ends. It grows by `push`. */
export class NameList {
  #bytes = Buffer.allocUnsafe(1024)
  #ends = new Uint32Array(64)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Appends a text. All of them may have 4 GiB. */
  push(name: string): void {
    const start = this.#endOf(this.#length - 1)
    const most = start + 3 * name.length // UTF-8 has at most 3 bytes for each UTF-16 unit
    if (most > this.#bytes.length) this.#bytes = grown(this.#bytes, Buffer.allocUnsafe(Math.ceil(1.5 * most)))
    if (this.#length === this.#ends.length)
      this.#ends = grown(this.#ends, new Uint32Array(Math.ceil(1.5 * this.#length)))
    this.#ends[this.#length++] = start + this.#bytes.write(name, start)
  }

  at(index: number): string {
    return this.#bytes.toString('utf8', this.#endOf(index - 1), this.#endOf(index))
  }

  #endOf(index: number): number {
    return index < 0 ? 0 : this.#ends[index]!
  }
}

function grown<A extends Uint8Array | Uint32Array>(from: A, to: A): A {
  to.set(from)
  return to
}
