import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shell, shellWord } from '../../../scripts/lib/shell.ts'

test.each(['plain-name', 'path:/a/b_c.d', 'a@b%c+d=e,f', '-A'])('%s is plain', (text) => {
  expect(shellWord(text)).toBe(text)
})

test.each(['', 'a b', "it's", '$(id)', '`id`', 'a;id', 'a\nid', '"', '*', '~', '#a', 'é', '\\', '!!'])(
  'a shell reads the quoted %j as one word',
  (text) => {
    expect(execFileSync('sh', ['-c', `printf '[%s]' ${shellWord(text)}`], { encoding: 'utf8' })).toBe(`[${text}]`)
  },
)

test('what is put into a command is words of it, and a list is several', () => {
  const [name, options] = ['$(id)', ['--all', 'a b']] as const
  expect(shell`kubectl get ${name} key=${name} ${options} --limit ${1}`).toBe(
    "kubectl get '$(id)' key='$(id)' --all 'a b' --limit 1",
  )
})
