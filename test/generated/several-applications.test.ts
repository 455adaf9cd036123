import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { tryRun } from '../../scripts/lib/exec.ts'
import type { Application } from '../../scripts/model/types.ts'
import { bookshop } from '../fixtures/applications.ts'
import { kiosk } from '../fixtures/kiosk.ts'
import { compiledCli } from '../helpers/cli.ts'
import { executable, temporaryFolder } from '../helpers/folders.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

/** A repository with one `package.json`, in which npm and npx find us as they would find the installed package. */
let top: string
const applications: Readonly<Record<string, Application>> = { 'apps/shop': bookshop, "apps/l'été": kiosk }

beforeAll(async () => {
  top = await sharedFolder()
  await usePackage(top)
  for (const [path, application] of Object.entries(applications))
    for (const name of ['catalogue', 'environments'] as const)
      await write(join(top, path), `scripts/${name}.mjs`, `export default ${JSON.stringify(application[name])}\n`)
})

async function write(folder: string, path: string, text: string): Promise<void> {
  const file = join(folder, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, text)
}

async function usePackage(folder: string): Promise<void> {
  const scripts = { check: 'tiered-secrets check', 'gen-values': 'tiered-secrets gen-values' }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', scripts }))
  const program = join(folder, 'node_modules/.bin/tiered-secrets')
  await executable(program, `exec "${process.execPath}" "${compiledCli}" "$@"`)
}

/** What a shell, npm or npx makes of a line in a folder of the repository. */
async function typed(place: string, program: string, ...args: readonly string[]) {
  const env = { PATH: `${join(top, 'node_modules/.bin')}:${process.env.PATH}`, INIT_CWD: undefined }
  const result = await tryRun(program, args, { cwd: join(top, place), env })
  return { exitCode: result.exitCode, told: result.stderr, out: result.stdout }
}

async function ours(place: string, ...args: readonly string[]) {
  const result = await hostedCli(args, { cwd: join(top, place), env: { INIT_CWD: undefined } })
  return { exitCode: result.exitCode, told: result.stderr, out: result.stdout }
}
const read = (path: string) => readFile(join(top, path), 'utf8')

test('each application is generated in its own folder, and its files name it from the folder of package.json', async () => {
  expect(await ours('.', 'gen-values', '--root', 'apps/shop')).toMatchObject({ exitCode: 0 })
  expect(await ours('apps', '--root', "./l'été", 'gen-values')).toMatchObject({ exitCode: 0 })
  expect(await read('apps/shop/charts/tiered-secrets/Chart.yaml')).toContain(
    '`npm run gen-values -- --root apps/shop` of tiered-secrets',
  )
  expect(await read("apps/l'été/values/production.yaml")).toContain(`npm run gen-values -- --root 'apps/l'\\''été'`)
  for (const name of Object.keys(bookshop.environments))
    expect(await read(`apps/shop/values/${name}.yaml`)).toContain(bookshop.catalogue.application)
  // From wherever it is asked, and however the folder is typed, they are the same.
  for (const [place, ...args] of [
    ['apps/shop', 'gen-values', '--check'],
    ['apps/shop/values', 'gen-values', '--check'],
    ["apps/l'été/values", 'gen-values', '--check', '--root', '../../shop/'],
    ['.', 'gen-values', '--check', `--root=${join(top, 'apps/shop')}`],
  ] as const)
    expect([place, await ours(place, ...args)]).toMatchObject([
      place,
      { exitCode: 0, told: expect.stringMatching(/up to date/) },
    ])
})

test.each([
  ['.', 'npm', ['run', 'gen-values', '--', '--check', '--root', 'apps/shop']],
  ['apps/shop/charts', 'npm', ['run', 'gen-values', '--', '--check']],
  ['apps', 'npx', ['--offline', 'tiered-secrets', 'gen-values', '--check', '--root', 'shop']],
] as const)('in %s, %s %j finds its application', async (place, program, args) => {
  const { exitCode, told } = await typed(place, program, ...args)
  const count = Number(/^(\d+) generated files are up to date/m.exec(told)?.[1])
  expect([exitCode, told, count]).toEqual([0, told, Number(await countIn('apps/shop'))])
})

async function countIn(root: string): Promise<string | undefined> {
  return /^(\d+) generated/m.exec((await ours('.', 'gen-values', '--check', '--root', root)).told)?.[1]
}

describe('a command in a message works as it is, from where the user stands', () => {
  test.each([
    ['.', ['--root', 'apps/shop'], 'npm run gen-values -- --root apps/shop'],
    ['apps', ['--root', "l'été"], `npm run gen-values -- --root 'l'\\''été'`],
    ['apps/shop/values', [], 'npm run gen-values'],
  ])('in %s with %j', async (place, root, command) => {
    const app = root[1] === "l'été" ? "apps/l'été" : 'apps/shop'
    const environment = Object.keys(applications[app]?.environments ?? {})[0]
    const path = `${app}/values/${environment}.yaml`
    await writeFile(join(top, path), `${await read(path)}# by hand\n`)
    const { told, exitCode } = await ours(place, 'gen-values', '--check', ...root)
    expect([exitCode, told]).toEqual([3, expect.stringContaining(`Run \`${command}\` and commit`)])
    expect(await typed(place, 'bash', '-c', command)).toMatchObject({ exitCode: 0 })
    expect(await ours('.', 'gen-values', '--check', '--root', app)).toMatchObject({ exitCode: 0 })
  })

  test('in help too, where it stands before the options', async () => {
    const { out } = await ours('.', 'status', '--help', '--root', 'apps/shop')
    expect(out).toContain('Usage: npx tiered-secrets status --root apps/shop [options]')
    expect(out).toContain('--root <folder>')
    expect(out).toContain('npx tiered-secrets status --root apps/shop --environment recette')
  })
})

describe('no application', () => {
  test.each([
    ['.', [], `apps/l'\\''été', apps/shop.`],
    ['apps', [], `'l'\\''été', shop.`],
    ['.', ['--root', 'apps/shpo'], `apps/l'\\''été', apps/shop.`],
    ['.', ['--root', 'apps/shop/scripts'], `apps/l'\\''été', apps/shop.`],
  ])('in %s with %j: those of the repository are named', async (place, root, named) => {
    const { told, exitCode } = await ours(place, 'gen-values', ...root)
    expect([exitCode, told]).toEqual([3, expect.stringContaining(named)])
    expect(told).toContain(`is not in ${join(top, place, root[1] ?? '')}. Expected the two data files`)
    expect(told).toContain('(CATALOGUE_UNREADABLE)')
    expect(told).toContain('with --root')
  })

  test.each([
    [['gen-values', '--root'], /--root <folder>' argument missing/],
    [['gen-values', '--root='], /argument '' is invalid. Expected a path/],
    [['gen-values', '--root', 'apps/shop', '--root', "apps/l'été"], /'--root <folder>' is given twice/],
    [['--root', 'apps/shop'], /there is no such command/],
  ])('is chosen by %j', async (args, told) => {
    const result = await ours('.', ...args)
    expect([result.exitCode, result.told]).toEqual([2, expect.stringMatching(told)])
  })
})

describe('init', () => {
  test('begins an application beside others: its files in its folder, its scripts where the repository has them', async () => {
    const folder = await temporaryFolder()
    await cp(join(top, 'package.json'), join(folder, 'package.json'))
    await symlink(join(top, 'node_modules'), join(folder, 'node_modules'))
    const cli = (...args: readonly string[]) => hostedCli(args, { cwd: folder, env: { INIT_CWD: undefined } })
    for (const root of ['apps/one', 'apps/two']) {
      const { exitCode, stderr } = await cli('init', '--yes', '--root', root)
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`created ${root}/scripts/catalogue.ts\n`)])
      expect(stderr).toContain(`created ${root}/charts/tiered-secrets, `)
      expect(stderr).toContain(`  npm run check -- --root ${root}\n`)
      expect(stderr).toContain(`${root === 'apps/one' ? 'added to package.json' : 'created apps/two/.gitignore'}\n`)
      expect(await cli('gen-values', '--check', '--root', root)).toMatchObject({ exitCode: 0 })
    }
    expect(await cli('init', '--yes', '--root', 'apps/one')).toMatchObject({ exitCode: 0 })
    expect((await cli('init', '--yes', '--root', 'apps/one/more')).stderr).toContain('(FOLDER_TAKEN)')
    const away = await cli('init', '--yes', '--root', '../elsewhere')
    expect([away.exitCode, away.stderr]).toEqual([2, expect.stringContaining('is not below the folder you are in')])
    expect(await cli('gen-values')).toMatchObject({ stderr: expect.stringContaining('apps/one, apps/two.') })
  })
})
