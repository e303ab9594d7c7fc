import { expect, test } from 'vitest'
import { checkOutside } from './outside-images.ts'

test('a run may not lie among its images', () => {
  expect(() => checkOutside('photos/runs/a', 'photos')).toThrow(
    'out: expected a folder outside of the images in photos, got photos/runs/a: ',
  )
  expect(() => checkOutside('photos', './photos')).toThrow('outside of the images')
  expect(() => checkOutside('runs/a', { name: 'images', train: 'photos', test: '.' })).toThrow('in ., got runs/a')
})

test('beside them, or with other data, it may', () => {
  checkOutside('runs/photos', 'photos')
  checkOutside('photos-run', 'photos')
  checkOutside('..photos/run', 'photos')
  checkOutside('runs/mnist', { name: 'mnist' })
  checkOutside('runs', undefined)
})
