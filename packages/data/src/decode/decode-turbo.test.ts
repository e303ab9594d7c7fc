import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('Node.js itself loads the fast decoder, which tests run by vitest load in another way', () => {
  const program = `
    import { readFileSync } from 'node:fs'
    import { decodeImage } from '${new URL('decode-image.ts', import.meta.url)}'
    const bytes = new Uint8Array(readFileSync(new URL('${new URL('fixtures/rough.jpg', import.meta.url)}')))
    const [exact, fast] = [await decodeImage(bytes), await decodeImage(bytes, { fast: true })]
    const differences = exact.data.map((byte, i) => Math.abs(byte - fast.data[i]))
    console.log(Math.max(...differences), exact.shape.join() === fast.shape.join())`
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module', '-e', program]
  const [most, sameShape] = execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim().split(' ')
  expect(sameShape).toBe('true')
  expect(Number(most)).toBeGreaterThan(0)
  expect(Number(most)).toBeLessThan(16)
})
