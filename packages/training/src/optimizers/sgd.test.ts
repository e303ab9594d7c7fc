import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { follow } from '../testing/follow.ts'
import { sgd } from './sgd.ts'

const gradients = [
  [1, 0],
  [-2, 4],
  [8, 0.5],
]

test('follows the gradient', async () => {
  const { params, optimizer } = await follow(sgd(), [3, 3], gradients, 0.5)
  expect([...params.x!.data]).toEqual([3 - 0.5 * 7, 3 - 0.5 * 4.5])
  expect(optimizer).toEqual({})
})

test('with momentum, the decaying sum of gradients, as torch.optim.SGD', async () => {
  const { params, optimizer } = await follow(sgd({ momentum: 0.5 }), [3, 3], gradients, 0.5)
  // s: 1, -1.5, 7.25; 0, 4, 2.5
  expect([...params.x!.data]).toEqual([3 - 0.5 * (1 - 1.5 + 7.25), 3 - 0.5 * 6.5])
  expect([...optimizer.momentum!.x!.data]).toEqual([7.25, 2.5])
  expect(() => sgd({ momentum: 1 })).toThrow('sgd: expected momentum, a number from 0 to less than 1, got 1')
})
