import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { compiledCli } from '../helpers/cli.ts'
import { repositoryFile } from '../helpers/generating.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

const chart = 'charts/tiered-secrets'
const version = (JSON.parse(await repositoryFile('package.json')) as { version: string }).version

let folder: string
beforeAll(async () => {
  folder = join(await sharedFolder(), 'shop')
  await cp('test/fixtures/older-version', folder, { recursive: true })
})

const cli = (...args: readonly string[]): Promise<RunResult> =>
  tryRun(process.execPath, [compiledCli, ...args], { cwd: folder })

const otherVersion = `${chart}: was written by tiered-secrets 0.0.9, and this is ${version}. Expected generated files of the version that is installed.`

test.each([['check'], ['gen-values', '--check'], ['render', '--environment', 'staging']])(
  'what an older version has written is refused as a whole by %s',
  async (...args) => {
    const { stderr, exitCode } = await cli(...args)
    expect(exitCode).toBe(3)
    expect(stderr).toContain(otherVersion)
    expect(stderr).toContain('read what changes in CHANGELOG.md of the package, and commit the result.')
    expect(stderr.match(/^charts\/tiered-secrets.*: /gm)).toHaveLength(1)
  },
)

test('an upgrade is one command; the data files stay, and what is no longer in the chart goes', async () => {
  const before = await readFile(join(folder, 'scripts/catalogue.mjs'), 'utf8')
  const { stderr, exitCode } = await cli('gen-values')
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining(`updated ${chart}/Chart.yaml`),
  })
  expect(stderr).toContain(`removed ${chart}/templates/config-map.yaml`)
  expect(stderr).toContain('updated values/staging.yaml')
  expect(await readFile(join(folder, 'scripts/catalogue.mjs'), 'utf8')).toBe(before)
  expect(await cli('check')).toMatchObject({ exitCode: 0 })
  expect((await readdir(join(folder, chart, 'templates'))).sort()).toEqual((await readdir(`${chart}/templates`)).sort())
})

test('a package that is older than the files says how to get theirs', async () => {
  const path = join(folder, chart, 'Chart.yaml')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace(`of tiered-secrets ${version}.`, 'of tiered-secrets 99.0.0.'))
  const { stderr } = await cli('check')
  expect(stderr).toContain(`was written by tiered-secrets 99.0.0, and this is ${version}.`)
  expect(stderr).toContain('If 99.0.0 is the version you want, run `npm ci` instead.')
})

test('package, chart and the newest note of CHANGELOG.md have one version', async () => {
  expect(await repositoryFile('charts/tiered-secrets/Chart.yaml')).toMatch(new RegExp(`^version: ${version}$`, 'm'))
  expect(/^## (\S+)$/m.exec(await repositoryFile('CHANGELOG.md'))?.[1]).toBe(version)
})
