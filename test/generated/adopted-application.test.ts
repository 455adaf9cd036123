import { execFileSync } from 'node:child_process'
import { cp, mkdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { tryRun } from '../../scripts/lib/exec.ts'
import { dependentTests, testTexts } from '../helpers/dependents.ts'
import { root } from '../helpers/generating.ts'
import { adoptBookshop, repositoryAt } from '../helpers/repository.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

const levels = ['unit', 'generated', 'chart']

interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** Everything that git has or would have, in a folder of its own. */
async function cloneWithChanges(): Promise<string> {
  const folder = await sharedFolder()
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  for (const path of listed.split('\0').filter((one) => one !== '')) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await cp(join(root, path), join(folder, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** A run of tests within a run of tests must not take itself for a worker of it. */
function plainEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(?:VITEST|TEST$|NODE_ENV$|DEV$|PROD$|SSR$|MODE$|BASE_URL$)/.test(name))
      .map((name) => [name, undefined]),
  )
}

/**
 * Only the files whose result may depend on the application run again: all others would do the very same once more.
 */
test('with another application in the two data files, everything that starts no cluster passes', {
  timeout: 900_000,
}, async () => {
  const repository = repositoryAt(await cloneWithChanges())
  await adoptBookshop(repository)
  // Types and style of all other files are the same as here: none imports the data.
  await repository.edit('tsconfig.json', /"include": \[.*\]/, '"include": ["scripts/*.ts"]')
  await repository.edit('biome.json', /"includes": \[.*\]/, '"includes": ["scripts/*.ts"]')
  const generated = await repository.cli(['gen-values'])
  expect([generated.exitCode, generated.stderr]).toEqual([
    0,
    expect.stringMatching(/^\d+ generated files, \d+ changed\.$/m),
  ])

  const chosen = dependentTests(testTexts()).filter(
    (path) => levels.some((level) => path.startsWith(`test/${level}/`)) && !path.includes('adopted-application'),
  )
  const results = join(repository.folder, 'results.json')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=json', `--outputFile=${results}`]
  const projects = levels.map((level) => `--project=${level}`)
  const env = plainEnvironment()
  await tryRun(process.execPath, [vitest, 'run', ...projects, ...reporters, ...chosen], { cwd: repository.folder, env })
  const { testResults, ...counts } = JSON.parse(await readFile(results, 'utf8')) as Results
  const failed = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status !== 'passed').map(({ fullName }) => `${name}: ${fullName}`),
  )
  expect(failed).toEqual([])
  expect(counts).toMatchObject({ numFailedTests: 0, numPendingTests: 0 })
  expect(testResults.map(({ name }) => name.slice(repository.folder.length + 1)).sort()).toEqual(chosen)
  expect(counts.numPassedTests).toBeGreaterThan(500)
})
