import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { tryRun } from '../../scripts/lib/exec.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { compiledCli } from '../helpers/cli.ts'
import { executable } from '../helpers/folders.ts'
import { folderWith } from '../helpers/repository.ts'

const user = await folderWith(trackdechets)
await executable(
  join(user.folder, 'node_modules/.bin/tiered-secrets'),
  `exec "${process.execPath}" "${compiledCli}" "$@"`,
)

const typed: readonly (readonly [string, readonly string[]])[] = [
  ['tiered-secrets gen', ['gen-values']],
  ['npx tiered-secrets status --environment r', ['recette']],
  ['tiered-secrets status --tier ', ['backend', 'frontend']],
  // bash keeps what stands before a colon or an equals sign.
  ['tiered-secrets lint:', ['chart']],
  ['tiered-secrets status --environment=pro', ['production']],
  ['tiered-secrets rotate backend.DATABASE', ['backend.DATABASE_URL']],
  ['npx vitest ', []],
]

/** What one bash would offer for each line, as it calls what our script has told it to call. */
async function inBash(lines: readonly string[]): Promise<string[][]> {
  const script = `
source <(tiered-secrets completion bash)
for line; do
  COMP_LINE=$line COMP_POINT=\${#line} COMP_WORDS=($line)
  declare -F -- "$(complete -p "\${COMP_WORDS[0]}" | sed 's/.*-F \\([^ ]*\\).*/\\1/')" >/dev/null || exit 1
  _tiered_secrets
  echo "\${COMPREPLY[@]}"
done`
  const env = { PATH: `${join(user.folder, 'node_modules/.bin')}:${process.env.PATH}` }
  const { stdout, stderr, exitCode } = await tryRun('bash', ['-c', script, 'bash', ...lines], { cwd: user.folder, env })
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return stdout.split('\n').map((line) => line.split(' ').filter((word) => word !== ''))
}

let offered: readonly (readonly string[])[]
beforeAll(async () => {
  offered = await inBash(typed.map(([line]) => line))
})

test.each(typed.map((one, index) => [...one, index] as const))('bash completes "%s"', (_, expected, index) => {
  expect([...(offered[index] ?? ['none'])].sort()).toEqual(expected)
})

test('nothing disturbs who types where there is no catalogue, or a broken one', async () => {
  const env = { TIERED_SECRETS_LINE: 'tiered-secrets status -e ' }
  await user.write('scripts/catalogue.mjs', 'export default {')
  expect(await user.cli(['completion', 'words'], env)).toEqual({ stdout: '', stderr: '', exitCode: 0 })
  await user.remove('scripts')
  expect(await user.cli(['completion', 'words'], env)).toEqual({ stdout: '', stderr: '', exitCode: 0 })
})

test('each shell has a script, and others are refused by name', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, exitCode } = await user.cli(['completion', shell])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`tiered-secrets for ${shell}`)])
  }
  const { stderr, exitCode } = await user.cli(['completion', 'csh'])
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('Expected one of: bash, zsh, fish.')])
})
