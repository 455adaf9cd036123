import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { isChartVersion, publishedMetadata, tagOf } from '../../../scripts/chart/chart-metadata.ts'

const own = '# Written by somebody.\napiVersion: v2\nname: tiered-secrets\nversion: 0.1.0\nannotations:\n  a: b\n'
const published = (version: string, changes?: Parameters<typeof publishedMetadata>[1]['changes']) => {
  const text = publishedMetadata(own, { version, appVersion: '0.2.0', changes })
  return { text, ...(parse(text) as { readonly annotations: Readonly<Record<string, string>> }) }
}

test.each(['0.0.0', '1.2.3', '10.20.30-rc.1', '1.2.3-0.a-b.7', '1.2.3+build.5', `1.2.3-${'x'.repeat(122)}`])(
  '%s is a version of a chart',
  (version) => {
    expect(isChartVersion(version)).toBe(true)
  },
)

test.each([
  '',
  'v1.2.3',
  '1.2',
  '1.2.3.4',
  '01.2.3',
  '1.2.3-',
  '1.2.3-01',
  '1.2.3+',
  '1.2.3 ',
  '1.2.3\n',
  'latest',
  `1.2.3-${'x'.repeat(123)}`,
])('"%s" is none', (version) => {
  expect(isChartVersion(version)).toBe(false)
})

test('a registry has a version under another tag only where it has a +', () => {
  expect(['1.2.3', '1.2.3-rc.1', '1.2.3+a.b'].map(tagOf)).toEqual(['1.2.3', '1.2.3-rc.1', '1.2.3_a.b'])
})

test('what is there stays, and nothing is said that is not known', () => {
  const { text, annotations } = published('1.2.3')
  expect(text).toContain('# Written by somebody.\napiVersion: v2\nname: tiered-secrets\nversion: 1.2.3\n')
  expect(parse(text)).toMatchObject({ version: '1.2.3', appVersion: '0.2.0' })
  expect(annotations).toEqual({ a: 'b' })
})

test('changes, security updates and prereleases are reported as Artifact Hub reads them', () => {
  const { annotations } = published('2.0.0-rc.1', [
    { kind: 'security', description: 'Keys: "expire"' },
    { kind: undefined, description: 'yes' },
  ])
  expect(Object.keys(annotations)).toEqual([
    'a',
    'artifacthub.io/changes',
    'artifacthub.io/containsSecurityUpdates',
    'artifacthub.io/prerelease',
  ])
  expect(parse(annotations['artifacthub.io/changes'] ?? '')).toEqual([
    { kind: 'security', description: 'Keys: "expire"' },
    'yes',
  ])
  // Whoever reads it as YAML 1.1 must not get a boolean.
  expect(annotations['artifacthub.io/changes']).toContain('- "yes"')
  expect(published('2.0.0', [{ kind: 'fixed', description: 'x' }]).annotations).not.toHaveProperty([
    'artifacthub.io/containsSecurityUpdates',
  ])
})
