import { expect, expectTypeOf, test } from 'vitest'
import { type Form, formOf, type Schema } from './form.ts'
import { type ConfigIssue, configIssues, parseConfig } from './parse.ts'
import * as schema from './schema.ts'
import { type ConfigOf, type Entry, table } from './table.ts'

interface Circle {
  readonly name: 'circle'
  readonly radius: number
}

interface Polygon {
  readonly name: 'polygon'
  readonly corners: readonly number[]
  readonly closed?: boolean
}

const circle: Entry<Circle, number> = {
  name: 'circle',
  schema: schema.record<Circle>({ name: schema.oneOf(['circle']), radius: schema.positive() }),
  make: ({ radius }) => Math.PI * radius ** 2,
}

const polygon: Entry<Polygon, number> = {
  name: 'polygon',
  schema: schema.record<Polygon>({
    name: schema.oneOf(['polygon']),
    corners: schema.list(schema.number({ from: 0, to: 10 }), 1),
    closed: schema.optional(schema.flag()),
  }),
  make: ({ corners }) => corners.length,
}

const shapes = table('a shape', [circle, polygon])

interface Drawing {
  readonly title: string
  readonly shape: ConfigOf<typeof shapes>
  readonly size?: { readonly width: number; readonly height: number } | null
  readonly window?: readonly [number, number]
}

const drawing = schema.record<Drawing>({
  title: schema.text(),
  shape: shapes.schema,
  size: schema.optional(
    schema.nullable(
      schema.record<NonNullable<Drawing['size']>>({ width: schema.integer({ from: 1 }), height: schema.integer() }),
    ),
  ),
  window: schema.optional(schema.interval({ from: 0 })),
})

test('what fits is given back, without what is undefined, for every kind of value', () => {
  const whole = {
    title: 'A',
    shape: { name: 'polygon', corners: [1, 2.5], closed: true },
    size: { width: 1, height: -3 },
    window: [0, 0],
  }
  expect(parseConfig('draw', drawing, whole)).toEqual(whole)
  const least = { title: 'A', shape: { name: 'circle', radius: 2 }, size: null, window: undefined }
  expect(Object.keys(parseConfig('draw', drawing, least))).toEqual(['title', 'shape', 'size'])
})

test('all errors are reported together, each with its path', () => {
  const wrong = {
    titel: 'A',
    shape: { name: 'polygon', corners: [1, 'two', 11], close: true },
    size: { width: 0.5, height: 'tall', depth: 1 },
    window: [2, 1],
  }
  expect(() => parseConfig('draw', drawing, wrong)).toThrow(
    [
      'draw: 9 errors:',
      '- expected title, a text, got undefined',
      "- expected shape.corners[1], a number from 0 to 10, got 'two'",
      '- expected shape.corners[2], a number from 0 to 10, got 11',
      "- unknown option 'shape.close'. Did you mean 'closed'?",
      '- expected size.width, an integer from 1, got 0.5',
      "- expected size.height, an integer, got 'tall'",
      "- unknown option 'size.depth'. There are width, height",
      '- expected window, [low, high] from 0, got [2, 1]',
      "- unknown option 'titel'. Did you mean 'title'?",
    ].join('\n'),
  )
  const issues: readonly ConfigIssue[] = configIssues(drawing, wrong)
  expect(issues.map(({ path }) => path).slice(1, 4)).toEqual(['shape.corners[1]', 'shape.corners[2]', 'shape.close'])
  expect(() => parseConfig('draw', drawing, wrong)).toThrow(expect.objectContaining({ code: 'input', cause: issues }))
})

test('a single error is one line, in the form of other errors', () => {
  const fits = { title: 'A', shape: { name: 'circle', radius: 1 } }
  const message = (config: unknown) => {
    try {
      parseConfig('draw', drawing, config, { code: 'checkpoint' })
    } catch (error) {
      expect(error).toMatchObject({ code: 'checkpoint' })
      return (error as Error).message
    }
  }
  expect(message(fits)).toBe(undefined)
  expect(message({ ...fits, shape: { name: 'circle', radius: 0 } })).toBe(
    'draw: expected shape.radius, a number above 0, got 0',
  )
  expect(message({ ...fits, shape: { name: 'cirlce', radius: 1 } })).toBe(
    "draw: expected shape, a shape by its name, one of 'circle', 'polygon'; got 'cirlce'. Did you mean 'circle'?",
  )
  expect(message({ ...fits, shape: 'circle' })).toBe(
    "draw: expected shape, a shape, such as { name: 'circle' }, got 'circle'",
  )
  expect(message({ title: 'A' })).toContain('expected shape, a shape')
  expect(message({ ...fits, shape: { name: '__proto__' } })).toContain("got '__proto__'")
  expect(message({ ...fits, shape: [] })).toContain('by its name')
  expect(message(null)).toBe('draw: expected an object with title, shape, size, window, got null')
  expect(message([])).toContain('got an array of 0')
})

test('a table makes what a configuration names, once checked', () => {
  expect(shapes.of('area', { name: 'circle', radius: 1 })).toBe(Math.PI)
  expect(shapes.names).toEqual(['circle', 'polygon'])
  expectTypeOf<ConfigOf<typeof shapes>>().toEqualTypeOf<Circle | Polygon>()
  // @ts-expect-error: circles have a radius
  expect(() => shapes.of('area', { name: 'circle', corners: [1] })).toThrow(
    "area: 2 errors:\n- expected radius, a number above 0, got undefined\n- unknown option 'corners'. There are name, radius",
  )
  const scaled = table('a shape', [
    { ...circle, make: ({ radius }: Circle, factor: number) => factor * radius } satisfies Entry<
      Circle,
      number,
      [number]
    >,
  ])
  expect(scaled.of('scale', { name: 'circle', radius: 2 }, 3)).toBe(6)
  // @ts-expect-error: the factor is missing
  expect(scaled.of('scale', { name: 'circle', radius: 2 })).toBeNaN()
})

test('a schema of a record has each key of its type', () => {
  // @ts-expect-error: closed is missing
  schema.record<Polygon>({ name: schema.oneOf(['polygon']), corners: schema.list(schema.number()) })
  // @ts-expect-error: a number is no text
  schema.record<{ title: string }>({ title: schema.number() })
})

test('one of two schemas is chosen by the value', () => {
  const either = schema.either(schema.integer(), schema.list(schema.integer()), Array.isArray)
  expect(parseConfig('x', either, 3)).toBe(3)
  expect(parseConfig('x', either, [1])).toEqual([1])
  expect(() => parseConfig('x', either, ['a'])).toThrow("x: expected [0], an integer, got 'a'")
  expect(() => parseConfig('x', either, 'a')).toThrow("x: expected an integer, got 'a'")
  expect(() => parseConfig('x', schema.list(schema.flag(), 2), [true])).toThrow(
    'a list of at least 2 entries, got an array of 1',
  )
})

test('a schema may contain itself', () => {
  interface Box {
    readonly size: number
    readonly boxes?: readonly Box[]
  }
  const box: Schema<Box> = schema.record<Box>({
    size: schema.positive(),
    boxes: schema.optional(schema.list(schema.lazy(() => box))),
  })
  const whole = { size: 3, boxes: [{ size: 1 }, { size: 2, boxes: [{ size: 1, boxes: [] }] }] }
  expect(parseConfig('pack', box, whole)).toEqual(whole)
  expect(() => parseConfig('pack', box, { size: 3, boxes: [{ size: 1, boxes: [{ size: 0, siz: 1 }] }] })).toThrow(
    'pack: 2 errors:\n- expected boxes[0].boxes[0].size, a number above 0, got 0\n' +
      "- unknown option 'boxes[0].boxes[0].siz'. Did you mean 'size'?",
  )
})

test.each(['__proto__', 'constructor', 'prototype', 'toString'])('the key %s is refused as any other', (key) => {
  const wrong = JSON.parse(`{ "title": "A", "shape": { "name": "circle", "radius": 1, "${key}": {} }, "${key}": 1 }`)
  expect(configIssues(drawing, wrong).map(({ path }) => path)).toEqual([`shape.${key}`, key])
})

test('a record with any names', () => {
  const sizes = schema.byName('sizes by name', schema.integer({ from: 1 }))
  expect(parseConfig('x', sizes, { a: 1, b: 2 })).toEqual({ a: 1, b: 2 })
  expect(() => parseConfig('x', sizes, { a: 0, b: 'two' })).toThrow(
    "x: 2 errors:\n- expected a, an integer from 1, got 0\n- expected b, an integer from 1, got 'two'",
  )
  expect(() => parseConfig('x', sizes, [1])).toThrow('x: expected sizes by name, got an array of 1')
  expect(() => parseConfig('x', sizes, JSON.parse('{ "__proto__": 1 }'))).toThrow(
    "sizes by name other than '__proto__'",
  )
})

test('the first of a list is by a schema of its own', () => {
  const line = schema.firstAndRest(schema.text(), schema.integer())
  expect(parseConfig('x', line, ['a', 1, 2])).toEqual(['a', 1, 2])
  expect(parseConfig('x', line, ['a'])).toEqual(['a'])
  expect(() => parseConfig('x', line, [1, 'a'])).toThrow(
    "x: 2 errors:\n- expected [0], a text, got 1\n- expected [1], an integer, got 'a'",
  )
  expect(() => parseConfig('x', line, [])).toThrow('x: expected a list of at least 1 entry, got an array of 0')
  expect(() => parseConfig('x', line, 'a')).toThrow("x: expected a list of at least 1 entry, got 'a'")
})

test('a schema says what it accepts, for those that describe it', () => {
  const { kind, ...record } = formOf(drawing) as Extract<Form, { kind: 'record' }>
  expect([kind, Object.keys(record.entries)]).toEqual(['record', ['title', 'shape', 'size', 'window']])
  expect(formOf(record.entries.title!)).toEqual({
    kind: 'value',
    what: 'a text',
    json: { type: 'string', minLength: 1 },
  })
  expect(formOf(record.entries.shape!)).toMatchObject({ kind: 'named', what: 'a shape', schemas: shapes.schemas })
  expect(formOf(record.entries.size!)).toMatchObject({ kind: 'optional', of: { form: { kind: 'nullable' } } })
  expect(formOf(schema.integer({ from: 1 }))).toMatchObject({ json: { type: 'integer', minimum: 1 } })
  expect(formOf(schema.oneOf(['a', 2]))).toEqual({ kind: 'one-of', values: ['a', 2] })
  expect(formOf(schema.firstAndRest(schema.text(), schema.flag()))).toMatchObject({ kind: 'list', least: 1 })
  expect(formOf(schema.value('a function', (x) => typeof x === 'function'))).not.toHaveProperty('json.type')
})

test('a part of a record, and a record whose properties may all be absent', () => {
  const { radius } = schema.entriesOf(shapes.schemas.circle)
  expect(parseConfig('x', radius, 3)).toBe(3)
  const some = schema.partial(shapes.schemas.polygon)
  expect(parseConfig('x', some, {})).toEqual({})
  expect(parseConfig('x', some, { closed: true })).toEqual({ closed: true })
  expect(() => parseConfig('x', some, { corners: [], clsed: true })).toThrow(
    "x: 2 errors:\n- expected corners, a list of at least 1 entry, got an array of 0\n- unknown option 'clsed'. Did you mean 'closed'?",
  )
  expect(() => schema.entriesOf(schema.text() as never)).toThrow('expected that of a record, got value')
})
