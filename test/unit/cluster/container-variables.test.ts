import { describe, expect, test } from 'vitest'
import { type KnownKeys, nothingKnown, variablesOf } from '../../../scripts/cluster/container-variables.ts'
import { type ContainerSources, podOutline } from '../../../scripts/cluster/pod-outline.ts'

type Container = Omit<ContainerSources, 'name'>
type Objects = Readonly<Record<string, readonly string[] | 'absent'>>

const whole = (name: string, more: object = {}) => ({ secretRef: { name }, ...more })
const settings = { configMapRef: { name: 'settings' } }
const ref = (name: string, key: string, optional?: boolean) => ({
  valueFrom: { secretKeyRef: { name, key, ...(optional === undefined ? {} : { optional }) } },
})

/** `A from s`, `X from s/A`, and `A not from s: <what is in its place>`. */
function variables(container: Container, objects: Objects = { s: ['A', 'B'] }): string[] {
  const known: KnownKeys = { keysOf: ({ name }) => objects[name] }
  const [outline] = podOutline({ containers: [container] }).containers
  if (!outline) throw new Error('no container')
  return variablesOf(outline, known).map(({ secret, key, name, shadowedBy }) => {
    const place = name === key ? secret : `${secret}/${key}`
    return shadowedBy === undefined ? `${name} from ${place}` : `${name} not from ${place}: ${shadowedBy}`
  })
}

describe('envFrom', () => {
  test('gives every key, under a prefix', () => {
    expect(variables({ envFrom: [whole('s')] })).toEqual(['A from s', 'B from s'])
    expect(variables({ envFrom: [whole('s', { prefix: 'P_' })] })).toEqual(['P_A from s/A', 'P_B from s/B'])
  })

  test('the later one is over the earlier one, a ConfigMap over a Secret too', () => {
    const objects = { s: ['A', 'B'], t: ['A'], settings: ['B'] }
    expect(variables({ envFrom: [whole('s'), whole('t'), settings] }, objects)).toEqual([
      'A from t',
      'A not from s: A of Secret t',
      'B not from s: B of ConfigMap settings',
    ])
    expect(variables({ envFrom: [whole('t'), settings, whole('s')] }, objects)).toEqual([
      'A from s',
      'B from s',
      'A not from t: A of Secret s',
    ])
  })

  test('with a prefix is over another key that then has the same name', () => {
    const objects = { s: ['P_A'], t: ['A'] }
    expect(variables({ envFrom: [whole('s'), whole('t', { prefix: 'P_' })] }, objects)).toEqual([
      'P_A from t/A',
      'P_A not from s: A of Secret t',
    ])
  })

  test('of what does not exist, or is unknown, shadows nothing', () => {
    const all = { envFrom: [whole('s'), whole('t'), settings] }
    expect(variables(all, { s: ['A'], t: 'absent' })).toEqual(['A from s'])
  })
})

describe('env', () => {
  test.each<[string, object, string]>([
    ['a value', { value: 'x' }, 'a value of its pod template'],
    ['an empty value', { value: '' }, 'an empty value'],
    ['a name alone', {}, 'an empty value'],
    ['a field of the pod', { valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, 'a field of its pod'],
    ['another key', ref('s', 'B'), 'B of Secret s'],
    ['a key of a Secret nobody knows', ref('t', 'A'), 'A of Secret t'],
    ['a key of a ConfigMap', { valueFrom: { configMapKeyRef: { name: 'c', key: 'K' } } }, 'K of ConfigMap c'],
  ])('is over envFrom: %s', (_, from, shadow) => {
    expect(variables({ envFrom: [whole('s')], env: [{ name: 'A', ...from }] })).toContain(`A not from s: ${shadow}`)
  })

  test('gives a key under another name', () => {
    expect(variables({ env: [{ name: 'X', ...ref('s', 'A') }] })).toEqual(['X from s/A'])
    expect(variables({ env: [{ name: 'X', ...ref('s', 'A') }] }, {})).toEqual(['X from s/A'])
  })

  test('the later one of the same name is over the earlier one', () => {
    const env = [
      { name: 'X', ...ref('s', 'A') },
      { name: 'X', ...ref('s', 'B') },
    ]
    expect(variables({ env })).toEqual(['X from s/B', 'X not from s/A: B of Secret s'])
  })

  test('the same key again shadows nothing', () => {
    expect(variables({ envFrom: [whole('s')], env: [{ name: 'A', ...ref('s', 'A') }] })).toEqual([
      'A from s',
      'B from s',
    ])
  })

  test('an optional reference to what is missing changes nothing', () => {
    const one = (name: string) => ({ envFrom: [whole('s')], env: [{ name: 'A', ...ref(name, 'A', true) }] })
    expect(variables(one('t'), { s: ['A'], t: 'absent' })).toEqual(['A from s'])
    expect(variables(one('t'), { s: ['A'], t: ['B'] })).toEqual(['A from s'])
    expect(variables(one('t'), { s: ['A'], t: ['A'] })).toEqual(['A from t', 'A not from s: A of Secret t'])
  })

  test('of an optional reference that nobody knows both are reported', () => {
    const env = [{ name: 'A', ...ref('t', 'A', true) }]
    expect(variables({ envFrom: [whole('s')], env }, { s: ['A'] })).toEqual(['A from s', 'A from t'])
  })
})

describe('$(NAME)', () => {
  const take = (value: string, name = 'X') => variables({ envFrom: [whole('s')], env: [{ name, value }] })

  test('takes the key in, its own variable too', () => {
    expect(take('$(A)?pool=5')).toEqual(['A from s', 'B from s', 'X from s/A'])
    expect(take('$(A)?pool=5', 'A')).toEqual(['A from s', 'B from s'])
    expect(take('$(A):$(B)')).toEqual(['A from s', 'B from s', 'X from s/A', 'X from s/B'])
  })

  test('takes in earlier variables alone', () => {
    const env = [
      { name: 'EARLY', value: '$(LATE)' },
      { name: 'LATE', ...ref('s', 'A') },
      { name: 'THIRD', value: '$(LATE)' },
    ]
    expect(variables({ env })).toEqual(['LATE from s/A', 'THIRD from s/A'])
  })

  test('is text after a dollar, or of an unknown name', () => {
    expect(take('$$(A)', 'A')).toContain('A not from s: a value of its pod template')
    expect(take('$(C) $A', 'A')).toContain('A not from s: a value of its pod template')
    expect(take('$$$(A)', 'A')).toContain('A from s')
  })
})

test('without knowledge single references are reported', () => {
  const [outline] = podOutline({
    containers: [{ envFrom: [whole('s')], env: [{ name: 'X', ...ref('s', 'A') }] }],
  }).containers
  expect(outline && variablesOf(outline, nothingKnown)).toEqual([{ secret: 's', key: 'A', name: 'X' }])
})
