/** A field of a message, encoded. */
export type Field = readonly number[] | Uint8Array

const LENGTH = 2

/** Fields one after another. */
export function message(...fields: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((n, field) => n + field.length, 0))
  let at = 0
  for (const field of fields) {
    bytes.set(field, at)
    at += field.length
  }
  return bytes
}

/** An integer from 0 to 2⁵³. */
export const integer = (field: number, value: number): Field => [...varint(8 * field), ...varint(value)]

export function double(field: number, value: number): Field {
  const bytes = new Uint8Array(9)
  bytes[0] = 8 * field + 1
  new DataView(bytes.buffer).setFloat64(1, value, true)
  return bytes
}

export function float(field: number, value: number): Field {
  const bytes = new Uint8Array(5)
  bytes[0] = 8 * field + 5
  new DataView(bytes.buffer).setFloat32(1, value, true)
  return bytes
}

/** A text, bytes, or a message within a message. */
export function bytes(field: number, value: string | Uint8Array): Field {
  const encoded = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return message(varint(8 * field + LENGTH), varint(encoded.length), encoded)
}

function varint(value: number): number[] {
  const out: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128)
  return [...out, rest]
}
