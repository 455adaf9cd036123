import { expect, test } from 'vitest'
import { changesOf } from '../../../scripts/chart/changes.ts'

const keptChangelog = `# Changelog

## [Unreleased]

- not yet

## [1.3.0] - 2026-11-29

Some words.

### Added

- A tier of its own,
  for [jobs](docs/jobs.md)
  - and what goes with it

This paragraph belongs to no item.
  Nor does this.

### Security

* Keys expire

### Thoughts

+ none

## [1.2.3]

- before
`

test('items of a version have the kind of the heading above them, and keep their lines together', () => {
  expect(changesOf(keptChangelog, '1.3.0')).toEqual([
    { kind: 'added', description: 'A tier of its own, for [jobs](docs/jobs.md) - and what goes with it' },
    { kind: 'security', description: 'Keys expire' },
    { kind: undefined, description: 'none' },
  ])
})

test.each([
  ['a heading alone', '## 1.2.3\n- one\n'],
  ['a date behind it', '# Changes\n\n## 1.2.3 (2026-11-29)\n- one'],
  ['a v before it', '## v1.2.3\r\n\r\n- one\r\n\r\n## v1.2.2\r\n\r\n- two\r\n'],
  ['a link', '## [1.2.3](https://example.com/1.2.3)\n\n- one\n'],
])('a version is found: %s', (_, text) => {
  expect(changesOf(text, '1.2.3')).toEqual([{ kind: undefined, description: 'one' }])
})

test('a version that is only the beginning of another one is not there', () => {
  expect(changesOf('## 1.2.3-rc.1\n- one\n## 11.2.3\n- two\n', '1.2.3')).toBeUndefined()
  expect(changesOf('## 1.2.3\n', '1.2.3')).toEqual([])
  expect(changesOf('', '1.2.3')).toBeUndefined()
})
