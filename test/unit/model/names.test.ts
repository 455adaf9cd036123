import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalDuration, durationSeconds, periodSeconds } from '../../../scripts/model/duration.ts'
import { credentialKeys, gjsonPath, releaseNames, remoteRef, tierNames } from '../../../scripts/model/names.ts'

test('the names of a tier are those of the convention, to the letter', () => {
  expect(tierNames('trackdechets', 'backend')).toEqual({
    namespace: 'trackdechets-backend',
    secretStore: 'backend-secretstore',
    credentialsSecret: 'scw-backend-credentials',
    required: 'backend-secrets',
    optional: 'backend-optional-secrets',
    iamApplication: 'trackdechets-backend-secrets',
    serviceAccount: 'backend-workloads',
    remotePath: '/trackdechets-backend',
  })
  expect(releaseNames('trackdechets')).toEqual({ name: 'trackdechets-secrets', namespace: 'trackdechets-secrets' })
  expect(credentialKeys).toEqual({ accessKey: 'access-key', secretKey: 'secret-key' })
})

test('a remote ref names folder and name', () => {
  expect(remoteRef('/trackdechets-backend', 'database-url')).toBe('path:/trackdechets-backend/database-url')
})

test.each([
  [['password'], 'password'],
  [['smtp', 'password'], 'smtp.password'],
  [['relay.host'], 'relay\\.host'],
  [['a*b', 'c?d'], 'a\\*b.c\\?d'],
  [['@this'], '\\@this'],
  [['#'], '\\#'],
  [['a|b'], 'a\\|b'],
  [['a\\b'], 'a\\\\b'],
  [['pass phrase', 'clé-1:x_y'], 'pass phrase.clé-1:x_y'],
  [['{}'], '\\{\\}'],
])('the field %j is the gjson path %s', (segments, path) => {
  expect(gjsonPath(segments)).toBe(path)
})

/** What gjson makes of a path without wildcards: a backslash takes the next character as it is, a dot separates. */
function fields(path: string): string[] {
  const parts = path.match(/\\?./gs) ?? []
  return parts
    .map((part) => (part === '.' ? '\0' : part.slice(-1)))
    .join('')
    .split('\0')
}

const field = fc.string({ minLength: 1 })

test('any path of fields can be read back, and has no unescaped syntax in it', () => {
  fc.assert(
    fc.property(fc.array(field, { minLength: 1 }), (segments) => {
      const path = gjsonPath(segments)
      expect(fields(path)).toEqual(segments)
      expect(path.replace(/\\./g, '').replaceAll('.', '')).not.toMatch(/[*?|#@!{}[\]()=<>%"'`~,;&$^+/\\]/)
    }),
  )
})

test.each([
  ['1h', 3600],
  ['1h30m', 5400],
  ['1h0m0s', 3600],
  ['90s', 90],
  ['0s', 0],
])('%s is %d seconds', (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds)
})

test.each(['', '1', '1d', '1.5h', '-1h', '1h 30m', '30m1h', 'h', '1H'])('%j is not a duration', (text) => {
  expect(durationSeconds(text)).toBe(undefined)
  expect(canonicalDuration(text)).toBe(text)
})

test.each([
  ['7d', 604_800],
  ['36h', 129_600],
  ['0d', 0],
  ['1d12h', undefined],
  ['d', undefined],
  ['1.5d', undefined],
])('the period %s is %j seconds', (text, seconds) => {
  expect(periodSeconds(text)).toBe(seconds)
})

test.each([
  ['1h', '1h0m0s'],
  ['90m', '1h30m0s'],
  ['30m', '30m0s'],
  ['3600s', '1h0m0s'],
  ['45s', '45s'],
])('Go writes %s as %s', (text, canonical) => {
  expect(canonicalDuration(text)).toBe(canonical)
})

test('the form Go writes is as long and stays as it is', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(100), fc.nat(100), (hours, minutes, seconds) => {
      const text = `${hours}h${minutes}m${seconds}s`
      const canonical = canonicalDuration(text)
      expect(durationSeconds(canonical)).toBe(hours * 3600 + minutes * 60 + seconds)
      expect(canonicalDuration(canonical)).toBe(canonical)
    }),
  )
})
