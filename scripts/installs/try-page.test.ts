import { expect, test } from 'vitest'
import { installLine } from './try-page.ts'

test('the line of a page, over as many lines as it has', () => {
  expect(installLine('text\n\n```sh\nnpm init -y\nnpm i a @b/c \\\n  d --flag\nnpx x\n```\n\nnpm i other\n')).toEqual([
    ...['a', '@b/c', 'd', '--flag'],
  ])
  expect(installLine('`npm i a`')).toBeUndefined()
})
