import type { Field } from '@cascade-diffusion/testing'
import { layout1, layout3 } from '../layout.ts'

/** Bytes of a page of the files that are damaged. */
export const pageBytes = 4096

/** What of a sound LMDB file says something. */
export interface LivePages {
  /** The numbers of the pages of its newest state, the meta pages included. */
  readonly pages: readonly number[]
  /** The places of the numbers in them that a reader depends on: in headers, entries and pointers. */
  readonly fields: readonly Field[]
}

/** Walks a sound file from its newest meta page. */
export function livePages(file: Buffer): LivePages {
  const layout = file.readUInt32LE(layout1.header) === 0xbeefc0de ? layout1 : layout3
  const { header, base } = layout
  const pages = [0, 1]
  const fields: Field[] = []
  const transaction = (page: number) => file.readUInt32LE(page * pageBytes + header + 128)

  function walk(page: number): void {
    const start = page * pageBytes
    pages.push(page)
    fields.push({ at: start, width: 8 }, { at: start + header - 6, width: 2 }, { at: start + header - 4, width: 2 })
    const leaf = file.readUInt16LE(start + header - 6) === 2
    if (leaf) fields.push({ at: start + header - 2, width: 2 })
    const count = (base + file.readUInt16LE(start + header - 4) - header) / 2
    for (let i = 0; i < count; i++) {
      fields.push({ at: start + header + 2 * i, width: 2 })
      const node = start + base + file.readUInt16LE(start + header + 2 * i)
      for (const at of [0, 2, 4, 6]) fields.push({ at: node + at, width: 2 })
      const keyBytes = file.readUInt16LE(node + 6)
      const data = node + 8 + keyBytes + (keyBytes % layout.step)
      const flags = file.readUInt16LE(node + 4)
      if (!leaf) walk(file.readUInt32LE(node))
      else if (flags === 1) overflow(data, file.readUInt32LE(node))
      else if (flags === 2) tree(data)
    }
  }

  function overflow(pointer: number, length: number): void {
    const first = file.readUInt32LE(pointer)
    const start = first * pageBytes
    fields.push({ at: pointer, width: 8 }, { at: start, width: 8 })
    fields.push({ at: start + header - 6, width: 2 }, { at: start + header - 4, width: 4 })
    for (let i = 0; i * pageBytes < header + length; i++) pages.push(first + i)
  }

  function tree(record: number): void {
    for (const at of [4, 6]) fields.push({ at: record + at, width: 2 })
    for (const at of [32, 40]) fields.push({ at: record + at, width: 8 })
    walk(file.readUInt32LE(record + 40))
  }

  for (const meta of [0, pageBytes]) {
    fields.push({ at: meta + header - 6, width: 2 })
    for (const at of [0, 4, 24]) fields.push({ at: meta + header + at, width: 4 })
    fields.push({ at: meta + header + 120, width: 8 }, { at: meta + header + 128, width: 8 })
  }
  tree((transaction(1) > transaction(0) ? pageBytes : 0) + header + 72)
  return { pages, fields }
}
