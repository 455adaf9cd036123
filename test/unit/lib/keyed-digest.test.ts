import { expect, test } from 'vitest'
import { keyedDigest } from '../../../scripts/lib/keyed-digest.ts'

test('equal values have equal digests, of text and of its bytes alike', () => {
  const digest = keyedDigest()
  expect(digest('$2a$10$é')).toBe(digest(Buffer.from('$2a$10$é')))
  expect(digest('a')).not.toBe(digest('b'))
  expect(digest('')).not.toBe(digest('\0'))
})

test('another run has other digests, so that one that got out tells nothing', () => {
  expect(keyedDigest()('true')).not.toBe(keyedDigest()('true'))
})
