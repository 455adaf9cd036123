import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { renderChart } from '../../scripts/chart/helm.ts'
import { parseManifests } from '../../scripts/chart/manifests.ts'
import { checkManifests } from '../../scripts/chart/policy/index.ts'
import { generatedPaths } from '../../scripts/generate/generate.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { bookshop } from '../fixtures/applications.ts'
import { chartOf } from '../helpers/chart.ts'
import { problemOf } from '../helpers/problems.ts'
import { adoptApplication, adoptBookshop, type Repository, userFolder } from '../helpers/repository.ts'
import { tools } from '../helpers/tools.ts'

const chart = 'charts/tiered-secrets'

let mine: Repository
beforeAll(async () => {
  mine = await userFolder()
  await adoptBookshop(mine)
})

const filesOf = async (folder: string) => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

test("a user's folder gets the chart and what is generated from its data files, and nothing else of the product's", async () => {
  expect(await mine.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
  const environments = Object.keys(bookshop.environments)
  const files = (await filesOf(mine.folder)).sort()
  expect(files.filter((path) => !path.startsWith('charts/'))).toEqual(
    [
      'package.json',
      'scripts/catalogue.ts',
      'scripts/environments.ts',
      ...environments.flatMap((name) => [`values/${name}.yaml`, `values/${name}.reachability.md`]),
    ].sort(),
  )
  expect(files.flatMap((path) => (path.startsWith(`${chart}/`) ? [path.slice(chart.length + 1)] : []))).toEqual(
    (await filesOf((await chartOf(bookshop)).chart)).sort(),
  )
  expect(await mine.cli(['gen-values', '--check'])).toMatchObject({ exitCode: 0 })
})

test('the copy says where it is from, and how this user types our commands', async () => {
  const line = 'Written by `npm run gen-values` of tiered-secrets 0.1.0. Do not edit.'
  expect((await mine.read(`${chart}/Chart.yaml`)).split('\n')[0]).toBe(`# ${line}`)
  expect((await mine.read(`${chart}/templates/_validate.tpl`)).split('\n')[0]).toBe(`{{- /* ${line} */ -}}`)
  const other = await userFolder()
  await adoptBookshop(other)
  await other.remove('package.json')
  expect(await other.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
  for (const path of await filesOf(other.folder)) {
    const text = await other.read(path)
    expect([path, text.match(/npm (run|start).*/)?.[0]]).toEqual([path, undefined])
    if (path.includes('charts/') && !/schema\.json$/.test(path))
      expect(text.split('\n')[0]).toMatch(/npx tiered-secrets /)
  }
  const refused = await other.cli(['render', '--environment', 'nowhere'])
  expect(refused.stderr).toContain('there is no such environment')
  expect((await other.cli(['status'])).stderr).toContain('Run `npx tiered-secrets status --help`')
})

describe('a hand in the copy of the chart', () => {
  const check = async () => {
    const { exitCode, stderr } = await mine.cli(['gen-values', '--check'])
    return { exitCode, problems: stderr.match(/^\S.*?:(?= )|(?<=^ {2}\()[A-Z_]+(?=\)$)/gm) }
  }

  test.each(['templates/role.yaml', 'Chart.yaml', '.helmignore'])('is noticed in %s, and taken back', async (file) => {
    const path = `${chart}/${file}`
    await mine.write(path, `${await mine.read(path)}# more\n`)
    expect(await check()).toEqual({ exitCode: 3, problems: [`${path}:`, 'STALE'] })
    const { stderr, exitCode } = await mine.cli(['render', '--environment', 'live'])
    expect([exitCode, stderr]).toEqual([
      3,
      expect.stringContaining(`${path}: differs from what the catalogue implies.`),
    ])
    await mine.cli(['gen-values'])
    expect(await check()).toMatchObject({ exitCode: 0 })
  })

  test('is noticed when it adds a file, which is not deleted', async () => {
    const path = `${chart}/templates/mine.yaml`
    await mine.write(path, 'kind: ConfigMap\n')
    expect(await check()).toEqual({ exitCode: 3, problems: [`${path}:`, 'CHART_EXTENDED'] })
    expect(await mine.cli(['gen-values'])).toMatchObject({ exitCode: 3 })
    expect(await mine.read(path)).toBe('kind: ConfigMap\n')
    await mine.remove(path)
  })

  test('is one problem when the chart is gone', async () => {
    await mine.remove(chart)
    expect(await check()).toEqual({ exitCode: 3, problems: [`${chart}:`, 'STALE'] })
    expect(await mine.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
  })
})

test("the product's chart is rendered with the user's values", async () => {
  for (const name of Object.keys(bookshop.environments)) {
    const { stdout, stderr, exitCode } = await mine.cli(['render', '--environment', name])
    expect([stderr, exitCode]).toEqual(['', 0])
    expect(checkManifests(parseManifests(stdout, name), resolve(bookshop, name))).toEqual([])
  }
})

test('data files in plain JavaScript mean the same', async () => {
  const plain = await userFolder()
  await adoptApplication(plain, bookshop)
  await plain.cli(['gen-values'])
  for (const name of Object.keys(bookshop.environments))
    expect(await plain.read(`values/${name}.yaml`)).toBe(await mine.read(`values/${name}.yaml`))
})

test("Helm takes the chart with its schema from the user's folder", async () => {
  const { helm } = await tools('helm')
  const environment = Object.keys(bookshop.environments)[0] ?? ''
  const options = {
    helm: helm.path,
    userFolder: mine.folder,
    release: resolve(bookshop, environment).release,
    valuesFile: `values/${environment}.yaml`,
  }
  expect(await renderChart(options)).toContain('kind: ExternalSecret')
  const own = await mine.read(generatedPaths.schema)
  await mine.write(generatedPaths.schema, JSON.stringify({ not: {} }))
  expect(await problemOf(renderChart(options))).toMatchObject({ code: 'TOOL_FAILED' })
  await mine.write(generatedPaths.schema, own)
})
