import { expect, test } from 'vitest'
import { compareNumbers, imageTag, isSince, parseOperatorVersion } from '../../../scripts/model/operator-version.ts'

test.each([
  ['v0.20.4', '0.20.4', false],
  ['2.9.0', '2.9.0', false],
  ['v0.20.4-ubi', '0.20.4', false],
  ['v0.20.4-ubi-boringssl', '0.20.4', false],
  ['0.20.4-debian-12-r0', '0.20.4', false],
  ['v2.9.0+build.5', '2.9.0', false],
  ['2.9.0_build.5', '2.9.0', false],
  ['v1.2.0-rc1', '1.2.0-rc1', true],
  ['1.2.0-alpha.1', '1.2.0-alpha.1', true],
])('%s is release %s, before it: %s', (text, release, isPreRelease) => {
  expect(parseOperatorVersion(text)).toEqual({ text: release, isPreRelease })
})

test.each(['', 'latest', 'main', 'v2', '2.9', '3f2a9c1', 'sha-0.20.4', '0.20', 'v1.2.x'])(
  '%j names no release',
  (text) => {
    expect(parseOperatorVersion(text)).toBeUndefined()
  },
)

test.each([
  ['registry.example/external-secrets/external-secrets:v0.20.4', 'v0.20.4'],
  ['registry.example:5000/a/external-secrets:v0.20.4@sha256:0a1b', 'v0.20.4'],
  ['external-secrets:latest', 'latest'],
  ['registry.example:5000/a/external-secrets', undefined],
  ['registry.example:5000/a/external-secrets@sha256:0a1b', undefined],
  ['', undefined],
])('the tag of image %j is %s', (image, tag) => {
  expect(imageTag(image)).toBe(tag)
})

test('numbers are compared as numbers', () => {
  expect(['0.9.20', '0.20.4', '2.10.0', '2.9.0', '0.20.10'].sort(compareNumbers)).toEqual([
    '0.9.20',
    '0.20.4',
    '0.20.10',
    '2.9.0',
    '2.10.0',
  ])
  expect(compareNumbers('1.2.0', '1.2.0')).toBe(0)
})

test.each([
  ['1.2.0', '1.2.0', true],
  ['1.2.0-rc1', '1.2.0', false],
  ['1.2.1-rc1', '1.2.0', true],
  ['1.1.9', '1.2.0', false],
  ['0.100.0', '1.2.0', false],
  ['1.10.0-ubi', '1.9.0', true],
])('whether %s is %s or later: %s', (text, number, expected) => {
  const version = parseOperatorVersion(text)
  expect(version && isSince(version, number)).toBe(expected)
})
