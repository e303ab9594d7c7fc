import { readFileSync } from 'node:fs'
import type { NDArray } from '@cascade-diffusion/arrays'
import { fixturePath } from '../test-support.ts'

/** Arrays as NumPy prints them. */
export type Listed = Readonly<Record<string, { readonly shape: number[]; readonly values: string[] }>>

/** The content of the files according to Keras and h5py. */
export const expectedKeras: Readonly<Record<string, Listed>> = JSON.parse(
  readFileSync(fixturePath('expected-keras.json'), 'utf8'),
)

/** Arrays of {@link Listed} in the element types of computation. */
export const computed = (listed: Listed, tensors: Readonly<Record<string, NDArray>>) =>
  Object.fromEntries(
    Object.entries(listed).map(([name, { shape, values }]) => {
      const round = tensors[name]?.dtype === 'float32' ? Math.fround : (x: number) => x
      return [name, { shape, values: values.map((text) => round(Number(text))) }]
    }),
  )

export const plain = (tensors: Readonly<Record<string, NDArray>>) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape: [...shape], values: [...data] }]),
  )
