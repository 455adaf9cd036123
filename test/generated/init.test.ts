import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunResult } from '../../scripts/lib/exec.ts'
import { unfinishedPrefix } from '../../scripts/lib/write-together.ts'
import { compiledCli } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { repositoryFile, root } from '../helpers/generating.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { repositoryCopy } from '../helpers/repository.ts'

async function folderOf(name: string): Promise<string> {
  const folder = join(await temporaryFolder(), name)
  await mkdir(folder)
  return folder
}

function cli(folder: string, ...args: readonly string[]): Promise<RunResult> {
  return hostedCli(args, { cwd: folder, env: { INIT_CWD: undefined } })
}

const read = (folder: string, path: string) => readFile(join(folder, path), 'utf8')
const filesOf = async (folder: string) => (await readdir(folder)).sort()

test('an empty folder becomes a repository in which nothing is stale', async () => {
  const folder = await folderOf('Ma boutique é')
  const { stderr, exitCode } = await cli(folder, 'init', '--yes')
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('  npm run check\n') })
  expect(stderr).toContain('Next:\n  npm install\n')
  expect(await read(folder, 'scripts/catalogue.ts')).toContain("application: 'ma-boutique-e'")
  expect(await cli(folder, 'gen-values', '--check')).toMatchObject({ exitCode: 0 })
  expect(await filesOf(folder)).toEqual(
    ['.ci', '.gitignore', 'charts', 'ct.yaml', 'package.json', 'scripts', 'values'].sort(),
  )
  // npm does not pack it, and the text of ours is for our own tests too.
  const ours = (await repositoryFile('.gitignore')).split('\n')
  for (const line of (await read(folder, '.gitignore')).trim().split('\n')) expect(ours).toContain(line)
})

test('names are taken from the command line', async () => {
  const folder = await folderOf('x')
  const names = ['--application', 'shop', '--tiers', 'web', 'jobs', '--environments', 'live']
  expect(await cli(folder, 'init', ...names)).toMatchObject({ exitCode: 0 })
  expect((await readdir(join(folder, 'values'))).sort()).toEqual(['live.reachability.md', 'live.yaml'])
  expect(await read(folder, 'values/live.yaml')).toContain('shop-jobs')
})

test('what is there already stays, and what an interrupted run left is completed', async () => {
  const folder = await folderOf('x')
  await cli(folder, 'init', '--yes', '--application', 'first')
  await rm(join(folder, 'scripts/catalogue.ts'))
  await rm(join(folder, 'charts'), { recursive: true })
  await writeFile(join(folder, 'ct.yaml'), '# mine\n')
  await mkdir(join(folder, `${unfinishedPrefix}abc`))
  const { stderr, exitCode } = await cli(folder, 'init', '--yes', '--application', 'second')
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('kept ct.yaml\n') })
  expect(stderr).toContain(`removed ${unfinishedPrefix}abc, left by an interrupted run\n`)
  expect(stderr).toContain('kept scripts/environments.ts\n')
  expect(await read(folder, 'ct.yaml')).toBe('# mine\n')
  expect(await read(folder, 'scripts/catalogue.ts')).toContain("application: 'second'")
  expect(await read(folder, 'scripts/environments.ts')).toContain("'first-staging'")
  expect(await read(folder, 'charts/tiered-secrets/Chart.yaml')).toContain('name: tiered-secrets')
})

test('it begins with what manifests tell', async () => {
  const folder = await folderOf('x')
  const from = ['--from', join(root, 'test/fixtures/takeover/two-namespaces')]
  const { stdout, stderr, exitCode } = await cli(folder, 'init', ...from)
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('atelier: 1 environment, 2 tiers, 6 secrets')])
  expect(stderr).toContain('created values/production.yaml\n')
  expect(await read(folder, 'scripts/catalogue.ts')).toContain('Guess:')
  expect(await cli(folder, 'gen-values', '--check')).toMatchObject({ exitCode: 0 })
  const again = await cli(folder, 'init', ...from)
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('scripts/catalogue.ts is there already.')])
})

test('where manifests do not tell the tiers, the fix is this command with tiers', async () => {
  const folder = await folderOf('x')
  const container = '{ name: c, envFrom: [{ secretRef: { name: all } }] }'
  const text = ['api', 'ui'].map(
    (name) =>
      `---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}, namespace: shop }\nspec: { template: { spec: { containers: [${container}] } } }\n`,
  )
  await writeFile(join(folder, 'our manifests.yaml'), text.join(''))
  const { stderr, exitCode } = await cli(folder, 'init', '--from', 'our manifests.yaml', '--yes')
  expect(exitCode).toBe(2)
  expect(stderr).toContain("init --from 'our manifests.yaml' --tiers frontend=api backend=ui --yes`")
  const other = await cli(folder, 'import', '--from', 'our manifests.yaml', '--out', 'draft', '--application', 'shop')
  expect(other.stderr).toContain(
    "import --from 'our manifests.yaml' --out draft --application shop --tier frontend=api --tier backend=ui`",
  )
})

test('killed while it writes, it leaves whole files alone, and can be run again', async () => {
  const folder = await folderOf('x')
  const child = spawn(process.execPath, [compiledCli, 'init', '--yes'], { cwd: folder, stdio: 'ignore' })
  const exited = once(child, 'exit')
  await eventually(
    () => filesOf(folder),
    (names) => names.some((name) => name.startsWith(unfinishedPrefix)) || child.exitCode !== null,
    { timeoutMs: 30_000, pollMs: 1 },
  )
  child.kill('SIGKILL')
  await exited
  const written = (await readdir(folder, { recursive: true })).filter((path) => !path.startsWith(unfinishedPrefix))
  for (const path of written)
    if ((await stat(join(folder, path))).isFile())
      expect([path, (await read(folder, path)).at(-1)]).toEqual([path, '\n'])
  expect(await cli(folder, 'init', '--yes')).toMatchObject({ exitCode: 0 })
  expect(await filesOf(folder)).not.toContainEqual(expect.stringContaining(unfinishedPrefix))
  expect(await cli(folder, 'gen-values', '--check')).toMatchObject({ exitCode: 0 })
})

const refusals: readonly (readonly [string, readonly string[], RegExp, number])[] = [
  ['names that can not be', ['--application', 'Not A Name', '--yes'], /"Not A Name".*\(KUBERNETES_NAME_INVALID\)/s, 3],
  ['two tiers of one name', ['--tiers', 'a', 'a', '--yes'], /\(DUPLICATE_VARIABLE\)/, 3],
  [
    'names that are fine alone, and told by the options that give them',
    ['--tiers', 'secrets', '--yes'],
    /: namespace .*\n {2}fix: Give other names with --application, --tiers and --environments\.\n {2}\(NAMESPACE_SHARED\)/,
    3,
  ],
  [
    'an option in place of a name',
    ['--tiers', '--environments', 'prod', '--yes'],
    /: option '--tiers <name\.\.\.>' argument missing\..*\(WRONG_USAGE\)/s,
    2,
  ],
  ['questions without a terminal', ['--application', 'x'], /Expected --application, .*\(WRONG_USAGE\)/s, 2],
]
test.each(refusals)('nothing is written: %s', async (_title, args, told, code) => {
  const folder = await folderOf('x')
  const { stderr, exitCode } = await cli(folder, 'init', ...args)
  expect(stderr).toMatch(told)
  expect(exitCode).toBe(code)
  expect(await filesOf(folder)).toEqual([])
})

test('nothing is written into a git repository with changes, but those that the installation has made', async () => {
  const folder = await folderOf('x')
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x.example', ...args], { cwd: folder })
  git('init', '--quiet')
  await writeFile(join(folder, 'package.json'), '{}\n')
  await writeFile(join(folder, 'README.md'), 'one\n')
  git('add', '.')
  git('commit', '--quiet', '--message', 'x')
  await writeFile(join(folder, 'README.md'), 'two\n')
  const { stderr, exitCode } = await cli(folder, 'init', '--yes')
  expect([exitCode, stderr]).toEqual([
    3,
    expect.stringContaining('changes that are not committed: README.md. Expected none'),
  ])
  expect(await filesOf(folder)).toEqual(['.git', 'README.md', 'package.json'])
  await writeFile(join(folder, 'README.md'), 'one\n')
  await writeFile(join(folder, 'package.json'), '{ "devDependencies": { "tiered-secrets": "1" } }\n')
  expect(await cli(folder, 'init', '--yes')).toMatchObject({ exitCode: 0 })
})

test('our own repository, and a folder inside of an application, are refused', async () => {
  const { stderr, exitCode } = await (await repositoryCopy()).cli(['init', '--yes'])
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('(FOLDER_TAKEN)')])
  const folder = await folderOf('x')
  await cli(folder, 'init', '--yes')
  const inside = join(folder, 'apps/other')
  await mkdir(inside, { recursive: true })
  expect((await cli(inside, 'init', '--yes')).stderr).toContain(`is inside of ${folder}, which has a catalogue.`)
  expect(await filesOf(inside)).toEqual([])
})

test.each(['argocd', 'flux', 'helmfile'] as const)(
  '--gitops %s: what the engine reads is there, and not stale',
  async (engine) => {
    const top = await temporaryFolder()
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: top })
    git('init', '--quiet', '--initial-branch', 'master')
    git('remote', 'add', 'origin', 'https://robot:p4ssw0rd@git.team.example/shop/deployment.git')
    const folder = join(top, 'shop')
    await mkdir(folder)
    const { stderr, exitCode } = await cli(folder, 'init', '--yes', '--gitops', engine, '--ci', 'gitlab')
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stderr).not.toMatch(/p4ssw0rd|has no origin/)
    const text = await read(folder, 'scripts/environments.ts')
    expect(text).not.toContain('p4ssw0rd')
    if (engine !== 'helmfile') {
      expect(stderr).toContain(`created gitops/${engine}/`)
      for (const part of ["'https://git.team.example/shop/deployment.git'", "revision: 'master'", "path: 'shop'"])
        expect(text).toContain(part)
    }
    expect(await cli(folder, 'gen-values', '--check')).toMatchObject({ exitCode: 0 })
    // A pipeline only waits for what an engine applies.
    const pipeline = await read(top, '.gitlab/shop-secrets.gitlab-ci.yml')
    expect(pipeline).toContain('tiered-secrets wait')
    expect(pipeline).not.toContain('tiered-secrets deploy')
  },
)

test('--gitops in a repository without an origin begins with an example, and says so', async () => {
  const folder = await temporaryFolder()
  const { stderr, exitCode } = await cli(
    folder,
    'init',
    '--yes',
    '--application',
    'shop',
    '--root',
    'a/b',
    '--gitops',
    'flux',
  )
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('the URL of the repository, in place of an example')])
  expect(await read(folder, 'a/b/scripts/environments.ts')).toContain("'https://git.example/shop.git'")
})

test('--gitops is refused where environments are there, and for what is not an engine', async () => {
  const folder = await folderOf('x')
  await cli(folder, 'init', '--yes')
  const before = await filesOf(folder)
  const late = await cli(folder, 'init', '--gitops', 'flux', '--ci', 'github')
  expect([late.exitCode, late.stderr]).toEqual([2, expect.stringContaining('--gitops flux: is for new environments')])
  const unknown = await cli(folder, 'init', '--gitops', 'jenkins')
  expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining('argocd, flux, helmfile')])
  expect(await filesOf(folder)).toEqual(before)
})
