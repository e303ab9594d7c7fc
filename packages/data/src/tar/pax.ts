import { CascadeError, shown } from '@cascade-diffusion/checks'

/** What a pax header says of an entry, as far as it matters here. */
export interface PaxValues {
  /** The bytes of the name, each as one character. */
  readonly path?: string
  readonly size?: number
  /** Whether the entry is a sparse file of GNU tar. */
  readonly sparse?: boolean
}

/**
 * Reads the records `LENGTH KEY=VALUE\n` of a pax header. An empty value takes back that of a global header.
 * @param path the tar, for errors.
 * @param at the place of the bytes in it, for errors.
 */
export function paxValues(path: string, bytes: Buffer, at: number): PaxValues {
  let values: PaxValues = {}
  const damaged = (place: number, got: string) =>
    new CascadeError('data', `${path}: expected a pax record at ${at + place}, got ${shown(got)}`)
  for (let start = 0; start < bytes.length && bytes[start] !== 0; ) {
    const head = /^(\d{1,10}) /.exec(bytes.toString('latin1', start, start + 11))
    const end = head ? start + Number(head[1]) : 0
    const first = start + (head?.[0].length ?? 0)
    const equals = bytes.indexOf(0x3d, first)
    if (!head || end > bytes.length || equals < 0 || equals >= end || bytes[end - 1] !== 0x0a)
      throw damaged(start, bytes.toString('latin1', start, start + 20))
    const key = bytes.toString('latin1', first, equals)
    const value = bytes.toString('latin1', equals + 1, end - 1)
    if (key === 'path') values = { ...values, path: value || undefined }
    else if (key.startsWith('GNU.sparse.')) values = { ...values, sparse: true }
    else if (key === 'size') {
      if (!/^\d{0,15}$/.test(value)) throw damaged(start, `${key}=${value}`)
      values = { ...values, size: value === '' ? undefined : Number(value) }
    }
    start = end
  }
  return values
}
