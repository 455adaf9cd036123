import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shellWord } from '../../../scripts/lib/shell.ts'

test.each(['plain-name', 'path:/a/b_c.d', 'a@b%c+d=e,f', '-A'])('%s is plain', (text) => {
  expect(shellWord(text)).toBe(text)
})

test.each(['', 'a b', "it's", '$(id)', '`id`', 'a;id', 'a\nid', '"', '*', '~', '#a', 'é', '\\', '!!'])(
  'a shell reads the quoted %j as one word',
  (text) => {
    expect(execFileSync('sh', ['-c', `printf '[%s]' ${shellWord(text)}`], { encoding: 'utf8' })).toBe(`[${text}]`)
  },
)
