import { expect, test } from 'vitest'
import { checkFlags } from './check-flags.ts'
import { publishedCheckpoints } from './published.ts'

test('the flags of published checkpoints pass', () => {
  for (const { flags } of Object.values(publishedCheckpoints)) expect(() => checkFlags('flags', flags)).not.toThrow()
  expect(() => checkFlags('flags', { timestepRespacing: 'ddim25', imageSize: undefined as never })).not.toThrow()
})

test.each([
  [{ noiseSchedul: 'cosine' }, "flags: unknown option 'noiseSchedul'. Did you mean 'noiseSchedule'?"],
  [{ image_size: 64 }, "Did you mean 'imageSize'?"],
  [{ toString: 1 }, "flags: unknown option 'toString'"],
  [
    { noiseSchedule: 'cosin' },
    "expected noiseSchedule, one of 'linear', 'cosine'; got 'cosin'. Did you mean 'cosine'?",
  ],
  [{ imageSize: '64' }, "flags: expected imageSize, an integer from 1, got '64'"],
  [{ numHeads: 1.5 }, 'expected numHeads, an integer from 1, got 1.5'],
  [{ numHeads: null }, 'expected numHeads, an integer from 1, got null'],
  [{ learnSigma: 'True' }, "expected learnSigma, true or false, got 'True'"],
  [{ channelMult: '1,2' }, "expected channelMult, a list of numbers, got '1,2'"],
  [{ attentionResolutions: [16, 0] }, 'expected positive numbers in attentionResolutions, got 0'],
  [{ attentionResolutions: [16, '8'] }, "expected a number in attentionResolutions, a number, got '8'"],
  [{ dropout: 2 }, 'expected dropout, a number from 0 to 1, got 2'],
  [{ timestepRespacing: 'dim25' }, 'flags: timestepRespacing: parseSpacing: expected a number of steps'],
  [['imageSize'], 'flags: expected an object of options, got an array of 1'],
])('%j is refused', (flags, message) => {
  expect(() => checkFlags('flags', flags as never)).toThrow(message)
})
