import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonMistake } from '../../../scripts/lib/json-mistake.ts'

test.each([
  ['{"A": "x", }', 1, 12],
  ['{\n  "A": "x"\n  "B": "y"\n}', 3, 3],
  ['{"A": nul}', 1, 10],
  ['{A: 1}', 1, 2],
  ['{"A": "x\ny"}', 1, 9],
  ['{"A": 1} }', 1, 10],
  ['{"A": "\\x"}', 1, 9],
])('%j stops being JSON where it does', (text, line, column) => {
  expect(jsonMistake(text)).toEqual({ line, column, isCutOff: false })
})

test('what is cut off anywhere is reported as that', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), fc.nat(), (object, at) => {
      const text = JSON.stringify(object)
      const beginning = text.slice(0, at % text.length)
      expect(jsonMistake(beginning).isCutOff).toBe(true)
    }),
  )
})
