import { expect, test } from 'vitest'
import { delivers, type SecretReaders, secretUses } from '../../../scripts/cluster/secret-uses.ts'

test.each<[string, SecretReaders, object]>([
  ['all keys as variables', { containers: [{ envFrom: [{ secretRef: { name: 's' } }] }] }, { by: 'variables' }],
  [
    'one key as a variable',
    { containers: [{ env: [{ valueFrom: { secretKeyRef: { name: 's', key: 'A' } } }] }] },
    { by: 'variables', keys: ['A'] },
  ],
  [
    'of an init container',
    { initContainers: [{ envFrom: [{ secretRef: { name: 's', optional: true } }] }] },
    { by: 'variables', optional: true },
  ],
  ['a volume', { volumes: [{ secret: { secretName: 's' } }] }, { by: 'volume' }],
  [
    'chosen files of a volume',
    { volumes: [{ secret: { secretName: 's', items: [{ key: 'A' }, { key: 'B' }], optional: true } }] },
    { by: 'volume', keys: ['A', 'B'], optional: true },
  ],
  [
    'a source of a projected volume',
    { volumes: [{ projected: { sources: [{}, { secret: { name: 's', items: [{ key: 'A' }] } }] } }] },
    { by: 'volume', keys: ['A'] },
  ],
])('a Secret is read as %s', (_, spec, use) => {
  expect(secretUses(spec)).toEqual([{ secret: 's', optional: false, ...use }])
})

test('a pod that reads ConfigMaps, plain values and empty volumes reads no Secret', () => {
  expect(secretUses({})).toEqual([])
  expect(
    secretUses({
      containers: [{ envFrom: [{}], env: [{}, { valueFrom: {} }] }],
      volumes: [{}, { projected: { sources: [{}] } }, { projected: {} }],
    }),
  ).toEqual([])
})

test('a use delivers the keys it names, or all, and only of its Secret', () => {
  const all = { secret: 's', by: 'variables', optional: false } as const
  expect(delivers(all, 's', 'A')).toBe(true)
  expect(delivers(all, 'other', 'A')).toBe(false)
  expect(delivers({ ...all, keys: ['A'] }, 's', 'A')).toBe(true)
  expect(delivers({ ...all, keys: ['A'] }, 's', 'B')).toBe(false)
})
