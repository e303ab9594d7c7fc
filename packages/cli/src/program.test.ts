import { schema } from '@cascade-diffusion/checks'
import { cascadeConfigSchema, withOverrides } from '@cascade-diffusion/experiment'
import { expect, expectTypeOf, test } from 'vitest'
import { type CommandIo, type CommandResult, command, type Values } from './command.ts'
import { configurationFields } from './configuration-fields.ts'
import { flag, integer, many, number, oneOf, text } from './inputs.ts'
import { type Call, callOf } from './program.ts'

const options = {
  out: text('where', { value: 'FOLDER', default: 'runs' }),
  batchSize: integer('at a time', { from: 1 }),
  restart: flag('anew'),
  size: oneOf(['s', 'm'], 'how large'),
  scale: number('of guidance', { from: 0, default: 1 }),
}
const positional = { stages: many(text('which', { value: 'STAGE' })) }
const run = async (_: Values<typeof positional, typeof options>, _io: CommandIo): Promise<CommandResult> => ({
  json: {},
})
const train = command({
  name: 'train',
  summary: 'train',
  configuration: true,
  arguments: positional,
  options,
  run: async () => ({ run }),
})

const read = (...args: string[]) => callOf([train], '1.2.3', ['train', ...args], { write: () => {} })
const values = (...args: string[]) => (read(...args) as Call).values

test('values have the types and the defaults of their inputs', () => {
  expectTypeOf<Parameters<typeof run>[0]>().toExtend<{
    readonly stages: readonly string[]
    readonly out: string
    readonly batchSize: number | undefined
    readonly restart: boolean
    readonly size: 's' | 'm' | undefined
    readonly scale: number
  }>()
  const none = { stages: [], out: 'runs', batchSize: undefined, restart: false, size: undefined, scale: 1 }
  expect(values()).toEqual({ ...none, overrides: [] })
  const given = values('base', '64x64', '--batch-size', '8', '--restart', '--size=m', '--scale=-0', '--out', 'a b')
  expect(given).toMatchObject({ stages: ['base', '64x64'], batchSize: 8, restart: true, size: 'm', out: 'a b' })
})

test('a module that expects other values is no run of a command', () => {
  const wrong = async (_: { readonly out: number }): Promise<CommandResult> => ({ json: {} })
  // @ts-expect-error `out` is a string.
  command({ name: 'x', summary: 'x', options, run: async () => ({ run: wrong }) })
})

test('fields of the configuration are options by their paths; what contains a field comes first', () => {
  const { overrides } = values(
    ...['--stages[0].training.steps', '1000', '--seed=3', '--training.learningRate', '-1', '--stages', '[16,64]'],
    ...['--data', 'photos', '--seed', '4', '--training.loss', '{"name":"l2"}'],
  )
  expect(
    overrides
      .slice(0, 3)
      .map(([path]) => path)
      .sort(),
  ).toEqual(['data', 'seed', 'stages'])
  expect(Object.fromEntries(overrides)).toEqual({
    data: 'photos',
    seed: '4',
    stages: '[16,64]',
    'training.learningRate': '-1',
    'training.loss': '{"name":"l2"}',
    'stages[0].training.steps': '1000',
  })
  expect(
    withOverrides(
      {},
      overrides.filter(([path]) => !path.startsWith('training.')),
    ),
  ).toMatchObject({
    seed: 4,
    stages: [{ resolution: 16, training: { steps: 1000 } }, 64],
  })
})

test.each([
  [['--stagse.0.training.steps', '3'], "unknown option '--stagse.0.training.steps'. Did you mean '--stages'?"],
  [['--sede', '3'], "unknown option '--sede'. Did you mean '--seed'?"],
  [['--x.y', '3'], "unknown option '--x.y'"],
  [['--seed'], "option '--seed <N>' argument missing"],
  [['--stages.0.network'], "option '--stages.0.network <VALUE>' argument missing"],
  [['--scale', '-1'], "--scale: expected a number from 0, got '-1'"],
])('%j is called wrongly', (args, message) => {
  expect(read(...args)).toMatchObject({ code: 2, message })
})

test('the fields are those of a configuration', () => {
  const names = Object.keys(schema.entriesOf(cascadeConfigSchema))
  expect(Object.keys(configurationFields).sort()).toEqual(names.filter((name) => name !== '$schema').sort())
})

test('help fits its width; titles are bold where that is wanted', () => {
  const help = (width: number, colors: boolean) => {
    const lines: string[] = []
    const write = (text: string) => lines.push(...text.split('\n'))
    callOf([train], '1', ['train', '--help'], { write, width, colors })
    return lines
  }
  for (const width of [60, 100]) {
    const texts = help(width, false).filter((line) => !line.startsWith('Usage'))
    expect(Math.max(...texts.map(({ length }) => length)), texts.join('\n')).toBeLessThanOrEqual(width)
  }
  expect(help(80, false).join('')).not.toContain('\x1b')
  expect(help(80, true).join('\n')).toContain('\x1b[1mOptions:\x1b[22m')
})
