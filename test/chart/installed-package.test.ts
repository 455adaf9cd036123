import { realpath, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { repositoryFile, root } from '../helpers/generating.ts'
import { type InstalledPackage, installPackage } from '../helpers/installed-package.ts'

let user: InstalledPackage
beforeAll(async () => {
  user = await installPackage('helm', 'kubeconform')
  for (const name of ['catalogue', 'environments']) {
    const text = await repositoryFile(`test/fixtures/bookshop/${name}.ts`)
    await user.write(`scripts/${name}.ts`, text.replaceAll(/'\.\.\/\.\.\/\.\.\/scripts\/[^']*'/g, "'tiered-secrets'"))
  }
})

test('nothing is written into a folder that is read-only, nor beside one that is', async () => {
  const before = await user.run('find', ['.', '-path', './node_modules', '-prune', '-o', '-print'])
  for (const folder of ['.', 'scripts']) {
    await user.run('chmod', ['u-w', folder])
    const { stderr, exitCode } = await user.cli('init', '--yes')
    await user.run('chmod', ['u+w', folder])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("can't be written: this user may not (EACCES)")])
    expect(stderr).toContain('(FILE_NOT_WRITTEN)')
  }
  expect(await user.run('find', ['.', '-path', './node_modules', '-prune', '-o', '-print'])).toEqual(before)
})

test('it holds programs, the chart and types, and no source', async () => {
  const { stdout } = await user.run('find', ['node_modules/tiered-secrets', '-name', '*.ts', '-not', '-name', '*.d.ts'])
  expect(stdout).toBe('')
})

test('help and fixes are as the user types them', async () => {
  const { stdout } = await user.npx('help')
  expect(stdout).toContain('Usage: npx tiered-secrets <command> [options]')
  expect(stdout).not.toMatch(/npm (run|start)|pins|vendor-schemas|bench/)
  expect((await user.cli('status')).stderr).toContain('Run `npx tiered-secrets status --help`, or for example: npx ')
})

test.each([
  ['18.20.4', 5],
  ['20.18.3', 5],
  ['20.19.0', 0],
  ['22.0.0', 0],
])('Node %s is refused in a sentence if it is too old', async (version, code) => {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`
  const program = 'node_modules/.bin/tiered-secrets'
  const args = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, program, 'help']
  const { stderr, exitCode } = await user.run(process.execPath, args)
  expect(exitCode).toBe(code)
  expect(stderr).toBe(
    code === 0
      ? ''
      : `node: is version ${version}. Expected 20.19 or later.\n  fix: Install a newer Node.js.\n  (NODE_TOO_OLD)`,
  )
})

describe('with a compiler of the user', () => {
  beforeAll(async () => {
    // Its own path: who runs the package may not enter every folder that leads there.
    await symlink(await realpath(join(root, 'node_modules/typescript')), join(user.folder, 'node_modules/typescript'))
    await user.run('mkdir', ['-p', 'node_modules/.bin'])
    await user.run('ln', ['-s', '../typescript/bin/tsc', 'node_modules/.bin/tsc'])
    const compilerOptions = {
      module: 'nodenext',
      noEmit: true,
      strict: true,
      allowImportingTsExtensions: true,
      types: [],
    }
    await user.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['scripts'] }))
  })

  test.each(['nodenext', 'bundler'])('his data files have types, with modules resolved as %s', async (resolution) => {
    const text = await user.read('scripts/catalogue.ts')
    await user.write('scripts/catalogue.ts', text.replace(/tier: '[a-z-]+'/, "tier: 'nowhere'"))
    const options = ['--module', resolution === 'bundler' ? 'esnext' : 'nodenext', '--moduleResolution', resolution]
    const { stdout, exitCode } = await user.run('node_modules/.bin/tsc', ['-p', '.', '--singleThreaded', ...options])
    await user.write('scripts/catalogue.ts', text)
    expect(exitCode).not.toBe(0)
    // Nothing else is wrong with them.
    expect(stdout.match(/^\S.*error TS.*$/gm)).toEqual([expect.stringMatching(/^scripts\/catalogue\.ts.*"nowhere"/)])
  })

  test('two data files become all the others, which pass every check', async () => {
    expect(await user.npx('gen-values')).toMatchObject({ exitCode: 0, stdout: '' })
    const steps = ['catalogue', 'types', 'generated files', 'chart and manifests']
    const stderr = steps.map((step) => `ok      ${step}`).join('\n')
    expect(await user.npx('check')).toEqual({ stdout: '', stderr, exitCode: 0 })
  })
})
