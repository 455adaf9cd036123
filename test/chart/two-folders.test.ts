import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { renderChart } from '../../scripts/chart/helm.ts'
import { parseManifests } from '../../scripts/chart/manifests.ts'
import { checkManifests } from '../../scripts/chart/policy/index.ts'
import { generatedPaths } from '../../scripts/generate/generate.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { bookshop } from '../fixtures/applications.ts'
import { root } from '../helpers/generating.ts'
import { problemOf } from '../helpers/problems.ts'
import { adoptApplication, adoptBookshop, type Repository, userFolder } from '../helpers/repository.ts'
import { tools } from '../helpers/tools.ts'

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

test("a user's folder gets what is generated from its data files, and nothing of the product's", async () => {
  expect(await mine.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
  const environments = Object.keys(bookshop.environments)
  expect((await filesOf(mine.folder)).sort()).toEqual(
    [
      'charts/tiered-secrets/values.schema.json',
      'scripts/catalogue.ts',
      'scripts/environments.ts',
      ...environments.flatMap((name) => [`values/${name}.yaml`, `values/${name}.reachability.md`]),
    ].sort(),
  )
  expect(await mine.cli(['gen-values', '--check'])).toMatchObject({ exitCode: 0 })
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

test("Helm takes the schema from the user's folder, and leaves no copy of the chart", async () => {
  const { helm } = await tools('helm')
  const environment = Object.keys(bookshop.environments)[0] ?? ''
  const options = {
    helm: helm.path,
    productFolder: root,
    userFolder: mine.folder,
    release: resolve(bookshop, environment).release,
    valuesFile: `values/${environment}.yaml`,
  }
  const copies = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('tiered-secrets-chart-'))
  const before = await copies()
  expect(await renderChart(options)).toContain('kind: ExternalSecret')
  const own = await mine.read(generatedPaths.schema)
  await mine.write(generatedPaths.schema, JSON.stringify({ not: {} }))
  expect(await problemOf(renderChart(options))).toMatchObject({ code: 'TOOL_FAILED' })
  await mine.write(generatedPaths.schema, own)
  expect((await copies()).filter((name) => !before.includes(name))).toEqual([])
})
