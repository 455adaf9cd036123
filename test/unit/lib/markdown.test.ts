import { expect, test } from 'vitest'
import { markdownBlock, markdownText } from '../../../scripts/lib/markdown.ts'
import { lines } from '../../../scripts/lib/printable.ts'

test.each([
  ['REMOVE', 'REMOVE'],
  ['no longer rendered, kept', 'no longer rendered, kept'],
  ['', ''],
  ['Role/shop-api/reader', '`Role/shop-api/reader`'],
  ['@team', '`@team`'],
  ['www.evil.example', '`www.evil.example`'],
  ['<img src=x>', '`<img src=x>`'],
  ['[a](https://evil.example)', '`[a](https://evil.example)`'],
  ['a` <b>b</b> `c', '``a` <b>b</b> `c``'],
  ['`', '`` ` ``'],
  ['a\n| b |', '`a\\n| b |`'],
])('%j in Markdown is %j', (text, shown) => {
  expect(markdownText(text)).toBe(shown)
})

test('no line ends a block', () => {
  expect(markdownBlock(lines('a', '```', '````'))).toBe('`````\na\n```\n````\n`````')
})
