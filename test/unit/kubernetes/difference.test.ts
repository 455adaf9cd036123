import { expect, test } from 'vitest'
import { fieldChanges, fieldChangeText } from '../../../scripts/kubernetes/difference.ts'

const texts = (before: unknown, after: unknown) => fieldChanges(before, after).map(fieldChangeText)

test('what is the same has no change, in whatever order its fields are', () => {
  expect(texts({ a: 1, b: [{ name: 'x' }] }, { b: [{ name: 'x' }], a: 1 })).toEqual([])
})

test.each([
  ['a value', { spec: { every: '1h' } }, { spec: { every: '2h' } }, ['spec.every: "1h" → "2h"']],
  ['a field that comes', {}, { a: 'x' }, ['+ a: "x"']],
  ['an object that comes', {}, { a: { b: 1 } }, ['+ a']],
  ['a field that goes', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, ['- a.c']],
  ['null', { a: null }, { a: 1 }, ['a: null → 1']],
  ['a type', { a: [1] }, { a: 1 }, ['a: [1] → 1']],
])('%s is reported', (_, before, after, expected) => {
  expect(texts(before, after)).toEqual(expected)
})

const entry = (secretKey: string, key: string) => ({ secretKey, remoteRef: { key } })

test('an entry in the middle of a list moves no other', () => {
  const before = { data: [entry('A', 'path:/a'), entry('C', 'path:/c')] }
  const after = { data: [entry('A', 'path:/a'), entry('B', 'path:/b'), entry('C', 'path:/x')] }
  expect(texts(before, after)).toEqual(['+ data[B]', 'data[C].remoteRef.key: "path:/c" → "path:/x"'])
})

test('bundles are named by their ref, plain texts by themselves, and what has no name by its place', () => {
  const bundle = (key: string) => ({ extract: { key } })
  expect(texts({ dataFrom: [bundle('path:/s3')] }, { dataFrom: [bundle('path:/insee')] })).toEqual([
    '+ dataFrom[path:/insee]',
    '- dataFrom[path:/s3]',
  ])
  expect(texts({ verbs: ['get', 'list'] }, { verbs: ['get', 'watch'] })).toEqual([
    '- verbs[list]',
    '+ verbs[watch]: "watch"',
  ])
  expect(texts({ ports: [{ port: 1 }, { port: 2 }] }, { ports: [{ port: 1 }, { port: 3 }] })).toEqual([
    'ports[1].port: 2 → 3',
  ])
  expect(texts({ same: ['x', 'x'] }, { same: ['x', 'y'] })).toEqual(['same[1]: "x" → "y"'])
})

test('a long value is cut', () => {
  const [text = ''] = texts({ a: 'x'.repeat(200) }, { a: 'y' })
  expect(text).toMatch(/^a: "x{58}… → "y"$/)
})
