import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repeatedKeys } from '../../../scripts/payload/json-keys.ts'

test.each<[string, string, readonly unknown[]]>([
  ['no name', '{}', []],
  ['every name once', '{"a":"b","b":"a","c":{"a":1,"a":2},"d":[{"a":1},{"a":1}]}', []],
  ['a name twice', '{"a":1,\n"b":2,\n"a":3}', [{ name: 'a', line: 3, firstLine: 1 }]],
  [
    'a name three times',
    '{"a":1,"a":2,\n"a":3}',
    [
      { name: 'a', line: 1, firstLine: 1 },
      { name: 'a', line: 2, firstLine: 1 },
    ],
  ],
  ['a name written in two ways', '{"a":1,"\\u0061":2}', [{ name: 'a', line: 1, firstLine: 1 }]],
  ['a name with signs in it', '{"{\\":\\"}":"}","{\\":\\"}" : "{"}', [{ name: '{":"}', line: 1, firstLine: 1 }]],
  [
    'a name of the language',
    '{"__proto__":1,"toString":2,"__proto__":3}',
    [{ name: '__proto__', line: 1, firstLine: 1 }],
  ],
  ['a name before and after an object', '{"a":{"b":1},"b":[2],"a":3}', [{ name: 'a', line: 1, firstLine: 1 }]],
])('%s', (_, json, expected) => {
  expect(repeatedKeys(json)).toEqual(expected)
})

test('any object that is written once more has each of its names twice', () => {
  const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { minKeys: 1 })
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const json = JSON.stringify(value, undefined, space)
      expect(repeatedKeys(json)).toEqual([])
      const twice = `${json.slice(0, -1)},${json.slice(1)}`
      expect(repeatedKeys(twice).map(({ name }) => name)).toEqual(Object.keys(JSON.parse(json)))
    }),
  )
})
