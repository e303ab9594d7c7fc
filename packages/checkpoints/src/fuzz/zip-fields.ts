import type { Field } from '@cascade-diffusion/testing'

/** The numbers in each record of a zip archive: place in the record, and bytes. */
const records: Readonly<Record<string, readonly (readonly [number, Field['width']])[]>> = {
  'PK\x03\x04': [
    [6, 2],
    [8, 2],
    [14, 4],
    [18, 4],
    [22, 4],
    [26, 2],
    [28, 2],
  ],
  'PK\x01\x02': [
    [8, 2],
    [10, 2],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 2],
    [30, 2],
    [32, 2],
    [42, 4],
  ],
  'PK\x05\x06': [
    [8, 2],
    [10, 2],
    [12, 4],
    [16, 4],
    [20, 2],
  ],
  'PK\x06\x06': [
    [4, 8],
    [24, 8],
    [32, 8],
    [40, 8],
    [48, 8],
  ],
  'PK\x06\x07': [[8, 8]],
}

/** The lengths, offsets, counts and checksums of a zip archive, with those of zip64. */
export function zipFields(archive: Uint8Array): Field[] {
  const text = Buffer.from(archive).toString('latin1')
  const fields: Field[] = []
  for (const [signature, numbers] of Object.entries(records))
    for (let i = text.indexOf(signature); i >= 0; i = text.indexOf(signature, i + 4))
      for (const [at, width] of numbers) fields.push({ at: i + at, width })
  return fields
}
