import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { RunResult } from '../../scripts/lib/exec.ts'
import { actionlint } from '../helpers/actionlint.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { root } from '../helpers/generating.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

const read = (folder: string, path: string) => readFile(join(folder, path), 'utf8')

function cli(folder: string, ...args: readonly string[]): Promise<RunResult> {
  return hostedCli(args, { cwd: folder, env: { INIT_CWD: undefined } })
}

let template: string
beforeAll(async () => {
  template = join(await sharedFolder(), 'x')
  await mkdir(template)
  expect(await cli(template, 'init', '--yes', '--application', 'shop')).toMatchObject({ exitCode: 0 })
})

/** A repository that has been begun, without a pipeline. */
async function begun(folder?: string): Promise<string> {
  const place = folder ?? join(await temporaryFolder(), 'x')
  await cp(template, place, { recursive: true })
  return place
}

/** Every file with its text, without what git keeps. */
async function everything(folder: string): Promise<Record<string, string>> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => !path.startsWith('.git/')).sort()
  const files = await Promise.all(paths.map(async (path) => [path, (await stat(join(folder, path))).isFile()] as const))
  const texts = files.filter(([, isFile]) => isFile).map(async ([path]) => [path, await read(folder, path)] as const)
  return Object.fromEntries(await Promise.all(texts))
}

test.each([
  ['github', '.github/workflows/secrets.yml'],
  ['gitlab', '.gitlab-ci.yml'],
])('%s: a repository begins with a pipeline, or is given one later, which is the same', async (ci, path) => {
  const [first, later] = [join(await temporaryFolder(), 'x'), await begun()]
  await mkdir(first)
  const names = ['--yes', '--application', 'shop']
  expect(await cli(first, 'init', ...names, '--ci', ci, '--manifests', 'k8s')).toMatchObject({ exitCode: 0 })
  const before = await everything(later)
  const { exitCode, stderr } = await cli(later, 'init', '--ci', ci, '--manifests', 'k8s')
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`created ${path}, with staging, production\n`)])
  expect(stderr).toContain('\nk8s is not there: its audit fails until it is')
  const after = await everything(later)
  expect(after).toEqual({ ...before, [path]: await read(first, path) })
})

test('GitHub: actionlint finds nothing, and finds what is planted', async () => {
  const folder = await begun()
  await cli(folder, 'init', '--ci', 'github', '--manifests', 'k8s')
  const text = await read(folder, '.github/workflows/secrets.yml')
  expect(await actionlint(text)).toMatchObject({ stdout: '', exitCode: 0 })
  const broken = await actionlint(text.replace('github.event_name', 'github.event_nam'))
  expect(broken).toMatchObject({ stdout: expect.stringContaining('property "event_nam" is not defined'), exitCode: 1 })
})

test('GitLab: beside a pipeline that is there it is a file to include, with the lines for that', async () => {
  const folder = await begun()
  const theirs = 'stages: [build]\nbuild:\n  script: [make]\n'
  await writeFile(join(folder, '.gitlab-ci.yml'), theirs)
  const { exitCode, stderr } = await cli(folder, 'init', '--ci', 'gitlab')
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  expect(stderr).toContain(
    [
      'Next, in .gitlab-ci.yml:',
      '  # Its jobs are in the stages test and deploy: both belong in your list of stages.',
      '  include:',
      '    - local: /.gitlab/secrets.gitlab-ci.yml',
      '',
    ].join('\n'),
  )
  expect(await read(folder, '.gitlab-ci.yml')).toBe(theirs)
  expect(parse(await read(folder, '.gitlab/secrets.gitlab-ci.yml'))).toHaveProperty(['secrets:check'])
})

test.each([
  ['github', '.github/workflows/shop-secrets.yml', 'working-directory: apps/shop'],
  ['gitlab', '.gitlab/shop-secrets.gitlab-ci.yml', 'cd apps/shop'],
])('%s: an application in a folder of a repository has its pipeline at the root', async (ci, path, line) => {
  const top = await temporaryFolder()
  execFileSync('git', ['init', '--quiet', '--initial-branch', 'master'], { cwd: top })
  const folder = await begun(join(top, 'apps/shop'))
  const before = await everything(folder)
  expect(await cli(folder, 'init', '--ci', ci)).toMatchObject({ exitCode: 0 })
  const text = await read(top, path)
  expect(text).toContain(line)
  if (ci === 'github') {
    expect(text).toContain('branches: [master]')
    expect(await actionlint(text)).toMatchObject({ stdout: '', exitCode: 0 })
  }
  expect(await everything(folder)).toEqual(before)
})

test('one of several applications has a pipeline of its own, whose commands name its folder', async () => {
  const top = await temporaryFolder()
  execFileSync('git', ['init', '--quiet'], { cwd: top })
  await writeFile(join(top, 'package.json'), '{}\n')
  const names = ['--yes', '--application', 'shop', '--root', 'apps/shop']
  expect(await cli(top, 'init', ...names, '--ci', 'github')).toMatchObject({ exitCode: 0 })
  const text = await read(top, '.github/workflows/shop-secrets.yml')
  expect(text).toContain('run: npx --no -- tiered-secrets check --root apps/shop\n')
  expect(text).not.toContain('working-directory: apps')
  expect(await actionlint(text)).toMatchObject({ stdout: '', exitCode: 0 })
  const { stderr, exitCode } = await cli(top, 'init', '--root', 'apps/shop', '--ci', 'gitlab')
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('- local: /.gitlab/shop-secrets.gitlab-ci.yml\n')])
})

test('the branch is the one that the origin calls its default', async () => {
  const folder = await begun()
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder })
  git('init', '--quiet')
  git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk')
  await cli(folder, 'init', '--ci', 'github')
  expect(await read(folder, '.github/workflows/secrets.yml')).toContain("github.ref == 'refs/heads/trunk'")
})

test('manifests that an application was begun from are audited', async () => {
  const folder = await temporaryFolder()
  await cp(join(root, 'test/fixtures/takeover/two-namespaces'), join(folder, 'k8s'), { recursive: true })
  const { exitCode, stderr } = await cli(folder, 'init', '--from', 'k8s', '--ci', 'github')
  expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('is not there')])
  expect(await read(folder, '.github/workflows/secrets.yml')).toContain('--manifests k8s --output sarif')
})

const refusals: readonly (readonly [string, readonly string[], RegExp, number])[] = [
  ['a name that is none', ['--ci', 'jenkins'], /'jenkins' is invalid. Allowed choices are github, gitlab\./, 2],
  ['two of them', ['--ci', 'github', '--ci', 'gitlab'], /--ci/, 2],
  ['manifests without a pipeline', ['--manifests', 'k8s'], /--manifests: means nothing alone\./, 2],
  ['manifests outside', ['--ci', 'gitlab', '--manifests', '../k8s'], /--manifests \.\.\/k8s: is outside/, 2],
  ['an expression of GitHub', ['--ci', 'github', '--manifests', `k8s/$${'{{'} x }}`], /meaning of their own/, 2],
]
test.each(refusals)('nothing is written: %s', async (_title, args, told, code) => {
  const folder = await begun()
  const before = await everything(folder)
  const { stderr, exitCode } = await cli(folder, 'init', ...args)
  expect([exitCode, stderr]).toEqual([code, expect.stringMatching(told)])
  expect(await everything(folder)).toEqual(before)
})

test.each([
  ['github', '.github/workflows/secrets.yml'],
  ['gitlab', '.gitlab-ci.yml'],
])('%s: a pipeline that is there stays as it is', async (ci, path) => {
  const folder = await begun()
  await cli(folder, 'init', '--ci', ci)
  await writeFile(join(folder, path), `${await read(folder, path)}\n# mine\n`)
  const before = await everything(folder)
  const { stderr, exitCode } = await cli(folder, 'init', '--ci', ci, '--manifests', 'k8s')
  expect(exitCode).toBe(3)
  expect(stderr).toContain(`${path}: is there already, and is yours. Expected none: it is written once.`)
  expect(stderr).toContain('(PIPELINE_EXISTS)')
  expect(await everything(folder)).toEqual(before)
})

test('nothing is written beside changes that are not committed', async () => {
  const folder = await begun()
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x.example', ...args], { cwd: folder })
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'x')
  await writeFile(join(folder, 'ct.yaml'), '# mine\n')
  const { stderr, exitCode } = await cli(folder, 'init', '--ci', 'github')
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('(REPOSITORY_DIRTY)')])
  expect(await readdir(folder)).not.toContain('.github')
})

test('what is in the way is named, and nothing is left half written', async () => {
  const folder = await begun()
  await writeFile(join(folder, '.github'), 'a file\n')
  const before = await everything(folder)
  const { stderr, exitCode } = await cli(folder, 'init', '--ci', 'github')
  expect(stderr).toMatch(/\.github.*\(FILE_NOT_WRITTEN\)/s)
  expect(exitCode).toBe(3)
  expect(await everything(folder)).toEqual(before)
})
