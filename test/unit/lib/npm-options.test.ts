import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tryRun } from '../../../scripts/lib/exec.ts'
import { commandWithDashes } from '../../../scripts/lib/npm-options.ts'

const options = ['environment', 'formats', 'yes', 'dry-run', 'wait', 'proxy']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npm-'))
  const program = 'console.log(JSON.stringify([process.argv.slice(2), process.env]))'
  await writeFile(join(folder, 'print.mjs'), program)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { status: 'node print.mjs' } }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What the real npm hands on, and what is made of it. */
async function typed(...args: readonly string[]): Promise<string | undefined> {
  // Without what an npm that runs the tests has set.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
  const { stdout } = await tryRun('npm', ['run', '--silent', 'status', ...args], { cwd: folder, env, onlyEnv: true })
  const [words, given] = JSON.parse(stdout) as [string[], Record<string, string>]
  return commandWithDashes('status', options, words, given)
}

test.each([
  [['--environment', 'dev'], 'npm run status -- --environment dev'],
  [['--environment=dev'], 'npm run status -- --environment=dev'],
  [['--environment', 'dev', '--formats', '--dry-run'], 'npm run status -- --environment …'],
  [['--environment=dev', '--no-wait'], 'npm run status -- --environment=dev …'],
  // npm knows these two as well: without the first the command would write.
  [['--dry-run', '--', '--environment', 'dev'], 'npm run status -- --dry-run --environment dev'],
  [['--no-proxy', '--', '--environment', 'dev'], 'npm run status -- --no-proxy --environment dev'],
])('npm run status %j is reported as %s', async (args, expected) => {
  expect(await typed(...args)).toBe(expected)
})

test.each([
  [[]],
  [['--', '--environment', 'dev', '--yes']],
  // Settings of npm's own, which may be in the user's file.
  [['--yes', '--', '--environment', 'dev']],
  [['--proxy=http://proxy.example:3128', '--', '--environment', 'dev']],
  [['--no-dry-run', '--', '--environment', 'dev']],
  [['--dry-run', '--', '--environment', 'dev', '--dry-run']],
])('npm run status %j is as it should be', async (args) => {
  expect(await typed(...args)).toBeUndefined()
})
